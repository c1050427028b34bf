import { assertEquals, assertStringIncludes } from "@std/assert";
import { binlogd, caughtUp, RunningBinlogd, sourceUrl } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { type RealServer, serverTest, startServer } from "../_servers.ts";

async function names(dir: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of Deno.readDir(dir)) {
    if (/^binlog\.\d+$/.test(name)) found.push(name);
  }
  return found.sort();
}

async function fiveFiles(server: RealServer): Promise<void> {
  await server.sql("CREATE DATABASE p; CREATE TABLE p.t (a int primary key auto_increment)");
  for (let i = 0; i < 4; i++) await server.sql("INSERT INTO p.t VALUES (); FLUSH BINARY LOGS");
}

const file = (n: number): string => `binlog.00000${n}`;

serverTest("purge removes files from the front while a dump goes on", async (kind) => {
  await using server = await startServer(kind);
  await fiveFiles(server);
  await withFolder(async (dir) => {
    const dump = new RunningBinlogd(["dump", sourceUrl(server), "--dir", dir, "--follow"]);
    try {
      await dump.until(() => caughtUp(server, dir));
      const dry = await binlogd(["purge", "--dir", dir, "--to", file(3), "--dry-run"]);
      assertEquals(dry.code, 0, dry.stderr);
      assertEquals((await names(dir)).length, 5);
      const run = await binlogd(["purge", "--dir", dir, "--to", file(3)]);
      assertEquals(run.code, 0, run.stderr);
      assertEquals(await names(dir), [3, 4, 5].map(file));
      // The dump's next file goes into an index without those.
      await server.sql("FLUSH BINARY LOGS; INSERT INTO p.t VALUES ()");
      await dump.until(() => caughtUp(server, dir));
      const all = await binlogd(["purge", "--dir", dir, "--before", "2099-01-01"]);
      assertStringIncludes(all.stdout, "the newest 2 are kept");
      assertEquals(await names(dir), [5, 6].map(file));
    } finally {
      dump.kill("SIGTERM");
      await dump.ended();
    }
    assertEquals((await binlogd(["verify", dir, "--strict"])).code, 0);
    const last = await binlogd(["purge", "--dir", dir, "--before", "2099-01-01", "--json"]);
    assertEquals(JSON.parse(last.stdout).removed, [file(5)]);
    const again = await binlogd(["dump", sourceUrl(server), "--dir", dir]);
    assertEquals(again.code, 0, again.stderr);
    assertEquals(await names(dir), [file(6)]);
  });
});

serverTest(
  "purge keeps what --on-close has not run for, and other people's folders",
  async (kind) => {
    await using server = await startServer(kind);
    await fiveFiles(server);
    await withFolder(async (dir) => {
      const args = ["dump", sourceUrl(server), "--dir", dir];
      const stop = ["--on-close", "true", `--stop-file=${file(2)}`];
      assertEquals((await binlogd([...args, ...stop])).code, 0);
      assertEquals((await binlogd(args)).code, 0);
      const refused = await binlogd(["purge", "--dir", dir, "--to", file(4)]);
      assertEquals(refused.code, 6, refused.stdout);
      assertStringIncludes(refused.stderr, `--on-close has not run for ${file(3)} yet`);
      assertEquals((await names(dir)).length, 5);
      assertEquals((await binlogd(["purge", "--dir", dir, "--to", file(3)])).code, 0);
      const forced = await binlogd(["purge", "--dir", dir, "--to", file(4), "--ignore-on-close"]);
      assertEquals(forced.code, 0, forced.stderr);
      assertEquals(await names(dir), [4, 5].map(file));
      const foreign = await binlogd(["purge", "--dir", server.binlogDir, "--to", file(2)]);
      assertEquals(foreign.code, 6);
      assertEquals((await names(server.binlogDir)).length, 5);
    });
  },
  ["mysql97"],
);
