import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { compareBinlogFiles } from "../../scripts/compare_files.ts";
import { parseFault } from "../../lib/proxy/fault_plan.ts";
import { Relay } from "../../lib/proxy/relay.ts";
import { binlogd, sourceUrl, waitUntil } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { writeScript } from "../_script.ts";
import { type RealServer, serverTest, startServer } from "../_servers.ts";
import { settle } from "../_workload.ts";

async function size(path: string): Promise<number> {
  return (await Deno.stat(path)).size;
}

async function names(dir: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(dir)) {
    if (/^binlog\.\d+$/.test(entry.name)) found.push(entry.name);
  }
  return found.sort();
}

/** Three transactions in file 1, three in file 2, one in file 3; returns where each ends. */
async function threeFiles(server: RealServer): Promise<{ file: string; position: number }[]> {
  await server.sql("CREATE DATABASE r; CREATE TABLE r.t (a int primary key auto_increment)");
  const ends: { file: string; position: number }[] = [];
  for (let i = 0; i < 7; i++) {
    if (i === 3 || i === 6) await server.sql("FLUSH BINARY LOGS");
    await settle(server);
    await server.sql("INSERT INTO r.t VALUES ()");
    ends.push(await server.binlogEnd());
  }
  return ends;
}

async function gtids(server: RealServer): Promise<string> {
  const variable = server.flavour === "mysql"
    ? "@@global.gtid_executed"
    : "@@global.gtid_binlog_pos";
  return (await server.sql(`SELECT ${variable}`)).trim().replaceAll("\\n", "");
}

serverTest("dump ends at --stop-position with whole transactions, and goes on", async (kind) => {
  await using server = await startServer(kind);
  const ends = await threeFiles(server);
  await withFolder(async (dir) => {
    const args = ["dump", sourceUrl(server), "--dir", dir];
    const { file, position } = ends[4]!;
    const stop = [`--stop-file=${file}`, `--stop-position=${position + 20}`];
    const first = await binlogd([...args, ...stop]);
    assertEquals(first.code, 0, first.stderr);
    assertEquals(await names(dir), ["binlog.000001", "binlog.000002"]);
    assertEquals(await size(`${dir}/${file}`), position);
    const again = await binlogd([...args, ...stop.slice(0, 1), `--stop-position=${position}`]);
    assertEquals(again.code, 0, again.stderr);
    assertStringIncludes(again.stderr, "nothing to fetch");
    const never = await binlogd([...args, "--stop-file=binlog.000009"]);
    assertEquals(never.code, 8, never.stderr);
    assertEquals((await names(dir)).length, 3);
    for (const name of await names(dir)) {
      const active = name === "binlog.000003";
      const result = await compareBinlogFiles(`${dir}/${name}`, `${server.binlogDir}/${name}`, {
        active,
      });
      assert(result.equal, `${name}: ${result.reason}`);
    }
  });
  await withFolder(async (dir) => {
    const whole = await binlogd([
      "dump",
      sourceUrl(server),
      "--dir",
      dir,
      "--stop-file=binlog.000001",
    ]);
    assertEquals(whole.code, 0, whole.stderr);
    assertEquals(await names(dir), ["binlog.000001"]);
    assertEquals(
      await Deno.readFile(`${dir}/binlog.000001`),
      await Deno.readFile(`${server.binlogDir}/binlog.000001`),
    );
  });
});

serverTest(
  "dump ends at --stop-datetime and --stop-gtid, begins at --start-file and --start-gtid",
  async (kind) => {
    await using server = await startServer(kind);
    await server.sql("CREATE DATABASE r; CREATE TABLE r.t (a int primary key auto_increment)");
    await server.sql("SET timestamp=1000000000; INSERT INTO r.t VALUES (); FLUSH BINARY LOGS");
    await settle(server);
    await server.sql("SET timestamp=1000000500; INSERT INTO r.t VALUES ()");
    const middle = await server.binlogEnd();
    const middleGtids = await gtids(server);
    // Times go up within the test; what was created before has the time of now.
    await server.sql("SET timestamp=2100000000; INSERT INTO r.t VALUES (); FLUSH BINARY LOGS");
    const later = await gtids(server);
    await server.sql("INSERT INTO r.t VALUES ()");
    const source = sourceUrl(server);
    await withFolder(async (dir) => {
      const run = await binlogd(["dump", source, "--dir", dir, "--stop-datetime=2036-01-01"]);
      assertEquals(run.code, 0, run.stderr);
      assertEquals(await size(`${dir}/${middle.file}`), middle.position);
      const passed = await binlogd(["dump", source, "--dir", dir, "--stop-datetime=2001-09-09"]);
      assertEquals(passed.code, 0, passed.stderr);
      assertStringIncludes(passed.stderr, "nothing to fetch");
    });
    await withFolder(async (dir) => {
      const run = await binlogd(["dump", source, "--dir", dir, `--stop-gtid=${middleGtids}`]);
      assertEquals(run.code, 0, run.stderr);
      assertEquals(await size(`${dir}/${middle.file}`), middle.position);
      const again = await binlogd(["dump", source, "--dir", dir, `--stop-gtid=${middleGtids}`]);
      assertStringIncludes(again.stderr, "nothing to fetch");
    });
    await withFolder(async (dir) => {
      const run = await binlogd(["dump", source, "--dir", dir, `--start-gtid=${later}`]);
      assertEquals(run.code, 0, run.stderr);
      assertEquals(await names(dir), ["binlog.000003"]);
      const again = await binlogd(["dump", source, "--dir", dir, `--start-gtid=${later}`]);
      assertEquals(again.code, 0, again.stderr);
      const before = await binlogd(["dump", source, "--dir", dir, `--start-gtid=${middleGtids}`]);
      assertEquals(before.code, 7, before.stderr);
      const other = await binlogd(["dump", source, "--dir", dir, "--start-file=binlog.000001"]);
      assertEquals(other.code, 7, other.stderr);
    });
    await withFolder(async (dir) => {
      const run = await binlogd(["dump", source, "--dir", dir, "--start-file=binlog.000002"]);
      assertEquals(run.code, 0, run.stderr);
      assertEquals(await names(dir), ["binlog.000002", "binlog.000003"]);
    });
  },
);

serverTest("dump ends at --stop-gtid over a link that is cut in the transaction", async (kind) => {
  await using server = await startServer(kind);
  await server.sql("CREATE DATABASE r; CREATE TABLE r.t (b LONGBLOB)");
  await server.sql(
    "INSERT INTO r.t VALUES (REPEAT('x', 2000000)), (REPEAT('y', 2000000)), (REPEAT('z', 2000000))",
  );
  const [end, set] = [await server.binlogEnd(), await gtids(server)];
  await server.sql("INSERT INTO r.t VALUES ('later')");
  const relay = Relay.listen({
    target: { port: server.port },
    faults: [parseFault("cut=4500000")],
    onOpen: (number) => void (number > 1 && (relay.faults = [])),
  });
  try {
    await withFolder(async (dir) => {
      const url = sourceUrl(server, "repl", relay.port);
      const plain = ["--ssl-mode=DISABLED", "--get-server-public-key"];
      const run = await binlogd(["dump", url, "--dir", dir, ...plain, `--stop-gtid=${set}`]);
      assertEquals(run.code, 0, run.stderr);
      assertStringIncludes(run.stderr, "connection lost");
      assertEquals(await size(`${dir}/${end.file}`), end.position, run.stderr);
    });
  } finally {
    relay.stop();
  }
});

serverTest(
  "dump names a purged gap, a reset and a shorter source, and the way on",
  async (kind) => {
    await using server = await startServer(kind);
    await threeFiles(server);
    const source = sourceUrl(server);
    await withFolder(async (dir) => {
      const args = ["dump", source, "--dir", dir];
      const { file, position } = { file: "binlog.000001", position: 10_000 };
      await binlogd([...args, `--stop-file=${file}`, `--stop-position=${position}`]);
      // A complete file whose successor is still there is no gap.
      await waitUntil(async () => {
        await server.sql("PURGE BINARY LOGS TO 'binlog.000002'");
        return (await server.binlogFiles())[0] === "binlog.000002";
      });
      const next = await binlogd([...args, "--stop-file=binlog.000002", "--stop-position=500"]);
      assertEquals(next.code, 0, next.stderr);
      await server.sql("FLUSH BINARY LOGS");
      await waitUntil(async () => {
        // A file that a dump thread has open a moment longer is not purged.
        await server.sql("PURGE BINARY LOGS TO 'binlog.000004'");
        return (await server.binlogFiles())[0] === "binlog.000004";
      });
      const gap = await binlogd(args);
      assertEquals(gap.code, 7, gap.stderr);
      assertStringIncludes(gap.stderr, "its oldest file is binlog.000004");
      assertStringIncludes(gap.stderr, "--on-gap=continue");
      const on = await binlogd([...args, "--on-gap=continue"]);
      assertEquals(on.code, 0, on.stderr);
      const identity = JSON.parse(await Deno.readTextFile(`${dir}/binlogd.identity.json`));
      assertEquals(identity.holes[0].nextFile, "binlog.000004");
      assertEquals((await binlogd(args)).code, 0);
    });
    await withFolder(async (dir) => {
      const args = ["dump", source, "--dir", dir];
      await server.sql("FLUSH BINARY LOGS");
      assertEquals((await binlogd(args)).code, 0);
      const reset = kind === "mysql97" ? "RESET BINARY LOGS AND GTIDS" : "RESET MASTER";
      await server.sql(`${reset}; INSERT INTO r.t VALUES ()`);
      const replaced = await binlogd(args);
      assertEquals(replaced.code, 7, replaced.stderr);
      assertStringIncludes(replaced.stderr, "--new-era");
      const era = await binlogd([...args, "--new-era"]);
      assertEquals(era.code, 0, era.stderr);
      assertEquals(await names(dir), ["binlog.000001"]);
      assert((await names(`${dir}/era-1`)).length > 0);
      const shorter = `${dir}/binlog.000001`;
      const before = await size(shorter);
      await server.sql("INSERT INTO r.t VALUES (),(),()");
      assertEquals((await binlogd(args)).code, 0);
      await server.sql(`${reset}; INSERT INTO r.t VALUES ()`);
      const restored = await binlogd(args);
      assertEquals(restored.code, 7, restored.stderr);
      assert(await size(shorter) > before, "nothing was cut");
    });
  },
);

serverTest("dump says what a store has lost, and fetches it again with --refetch", async (kind) => {
  await using server = await startServer(kind);
  await threeFiles(server);
  await withFolder(async (dir) => {
    const args = ["dump", sourceUrl(server), "--dir", dir];
    assertEquals((await binlogd(args)).code, 0);
    const path = `${dir}/binlog.000003`;
    const whole = await Deno.readFile(path);
    await Deno.truncate(path, whole.length - 30);
    const lost = await binlogd(args);
    assertEquals(lost.code, 6, lost.stderr);
    assertStringIncludes(lost.stderr, "--refetch");
    assertStringIncludes(lost.stderr, "the source still has them");
    const silent = await binlogd(["dump", "mysql://repl@127.0.0.1:1", "--dir", dir]);
    assertEquals(silent.code, 6, silent.stderr);
    assertStringIncludes(silent.stderr, "can't be told");
    const again = await binlogd([...args, "--refetch"]);
    assertEquals(again.code, 0, again.stderr);
    // MariaDB may have added a checkpoint event of its own since.
    const stored = async (): Promise<Uint8Array> =>
      (await Deno.readFile(path)).subarray(0, whole.length);
    assertEquals(await stored(), whole);
    const damaged = whole.slice();
    damaged[whole.length - 20]! ^= 1;
    await Deno.writeFile(path, damaged);
    assertEquals((await binlogd(args)).code, 6);
    assertEquals((await binlogd([...args, "--refetch"])).code, 0);
    assertEquals(await stored(), whole);
    await Deno.remove(path);
    const gone = await binlogd(args);
    assertEquals(gone.code, 6, gone.stderr);
    assertStringIncludes(gone.stderr, "is in the index");
    assertStringIncludes(gone.stderr, "the source still has them");
    await server.sql("FLUSH BINARY LOGS");
    // MariaDB keeps a file that its storage engines or a dump that has just ended still need.
    await waitUntil(async () => {
      await server.sql("PURGE BINARY LOGS TO 'binlog.000004'");
      return !(await server.binlogFiles()).includes("binlog.000003");
    });
    await Deno.writeFile(path, damaged);
    const purged = await binlogd(args);
    assertEquals(purged.code, 6, purged.stderr);
    assertStringIncludes(purged.stderr, "the source no longer has binlog.000003");
  });
});

serverTest("dump runs --on-close for each complete file", async (kind) => {
  await using server = await startServer(kind);
  await threeFiles(server);
  await withFolder(async (dir) => {
    const store = `${dir}/store`;
    const script = `${dir}/close.sh`;
    await writeScript(script, `#!/bin/sh\necho "$@" >> ${dir}/closed\n`);
    const args = ["dump", sourceUrl(server), "--dir", store, `--on-close=${script} a;b`];
    const closed = async (): Promise<string[]> =>
      (await Deno.readTextFile(`${dir}/closed`)).trim().split("\n");
    assertEquals((await binlogd([...args, "--stop-file=binlog.000002"])).code, 0);
    assertEquals((await closed()).length, 2);
    assertEquals((await binlogd(args)).code, 0);
    await server.sql("FLUSH BINARY LOGS");
    assertEquals((await binlogd(args)).code, 0);
    assertEquals(await closed(), [1, 2, 3].map((n) => `a;b ${store}/binlog.00000${n}`));
    const mode = (await Deno.stat(`${store}/binlog.000001`)).mode! & 0o777;
    assertEquals(mode, 0o640);
    assertEquals((await Deno.stat(store)).mode! & 0o777, 0o750);
  });
}, ["mysql97"]);
