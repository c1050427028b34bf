import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { compareBinlogFiles } from "../../scripts/compare_files.ts";
import { binlogd, caughtUp, RunningBinlogd, sourceUrl } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { type RealServer, serverTest, startServer } from "../_servers.ts";
import { mixedWorkload } from "../_workload.ts";

/** Every file of the source is in the store, byte for byte. */
async function assertIdentical(server: RealServer, dir: string, crashed = false): Promise<void> {
  const files = await server.binlogFiles();
  for (const [index, file] of files.entries()) {
    const active = index === files.length - 1;
    const ours = `${dir}/${file}`;
    const result = await compareBinlogFiles(ours, `${server.binlogDir}/${file}`, {
      crashed,
      active,
    });
    assert(result.equal, `${file}: ${result.reason} at ${result.firstDifference}`);
    if (!crashed && !active) assertEquals(result.exception, undefined, file);
  }
}

serverTest("dump copies all there is, ends, and goes on", async (kind) => {
  await using server = await startServer(kind);
  await withFolder(async (dir) => {
    await mixedWorkload(server, { rounds: 2 });
    const first = await binlogd(["dump", sourceUrl(server), "--dir", dir]);
    assertEquals(first.code, 0, first.stderr);
    await assertIdentical(server, dir);
    await mixedWorkload(server, { rounds: 1, start: 2 });
    const second = await binlogd(["dump", sourceUrl(server), "--dir", dir]);
    assertEquals(second.code, 0, second.stderr);
    await assertIdentical(server, dir);
  });
});

serverTest("dump --follow survives restarts and crashes of the source", async (kind) => {
  await using server = await startServer(kind, { config: ["sync-binlog=1"] });
  await withFolder(async (dir) => {
    await server.sql("CREATE DATABASE d; CREATE TABLE d.t (a int primary key auto_increment)");
    const dump = new RunningBinlogd(["dump", sourceUrl(server), "--dir", dir, "--follow"]);
    try {
      await dump.until(() => caughtUp(server, dir));
      await server.sql("INSERT INTO d.t VALUES (),(),()");
      await server.restart();
      await server.sql("INSERT INTO d.t VALUES (),()");
      await dump.until(() => caughtUp(server, dir));
      await assertIdentical(server, dir);
      await server.sql("INSERT INTO d.t VALUES ()");
      await server.kill9();
      await server.launch();
      await server.sql("INSERT INTO d.t VALUES (); FLUSH BINARY LOGS; FLUSH BINARY LOGS");
      await dump.until(() => caughtUp(server, dir));
      await assertIdentical(server, dir, true);
      const { code, stderr } = await dump.stop();
      assertEquals(code, 0, stderr);
    } finally {
      dump.kill("SIGKILL");
    }
  });
});

serverTest("dump says what is wrong and what to do", async (kind) => {
  await using server = await startServer(kind);
  await withFolder(async (dir) => {
    const wrong = await binlogd(["dump", sourceUrl(server), "--dir", dir], { MYSQL_PWD: "nope" });
    assertEquals(wrong.code, 5);
    assertStringIncludes(wrong.stderr, "refuses the login of repl");
    assert(!wrong.stderr.includes("nope"));
    await server.sql("SET sql_log_bin=0; CREATE USER poor@'127.0.0.1' IDENTIFIED BY 'secret'");
    const poor = await binlogd(["dump", sourceUrl(server, "poor"), "--dir", dir]);
    assertEquals(poor.code, 5, poor.stderr);
    assertStringIncludes(poor.stderr, "GRANT REPLICATION SLAVE");
    const gone = await binlogd([
      "dump",
      sourceUrl(server),
      "--dir",
      dir,
      "--start-file",
      "binlog.000099",
    ]);
    assert(gone.code !== 0, gone.stderr);
    assertStringIncludes(gone.stderr, "does not have the file");
  });
});

serverTest("two dumpers can't write into one store", async (kind) => {
  await using server = await startServer(kind);
  await withFolder(async (dir) => {
    const dump = new RunningBinlogd(["dump", sourceUrl(server), "--dir", dir, "--follow"]);
    try {
      await dump.until(() => caughtUp(server, dir));
      const second = await binlogd(["dump", sourceUrl(server), "--dir", dir]);
      assertEquals(second.code, 6, second.stderr);
      assertStringIncludes(second.stderr, "another binlogd is at work");
    } finally {
      dump.kill("SIGTERM");
      await dump.ended();
    }
  });
});
