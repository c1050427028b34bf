/**
 * Streams that end or go on as if all were well: a dump thread that is killed ends its answer as one
 * that is done, and a source that is reset goes on in another history.
 */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { binlogd, RunningBinlogd, sourceUrl, waitUntil } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { type RealServer, serverTest, startServer } from "../_servers.ts";
import { assertStored } from "../_stored.ts";
import { settle } from "../_workload.ts";

async function fill(server: RealServer, transactions: number, rows: number): Promise<void> {
  await server.sql(
    "CREATE DATABASE k; CREATE TABLE k.t (a int primary key auto_increment, b longtext)",
  );
  const values = Array.from({ length: rows }, () => "(REPEAT('x',300000))").join(",");
  for (let i = 0; i < transactions; i++) await server.sql(`INSERT INTO k.t(b) VALUES ${values}`);
  await settle(server);
}

async function dumpThread(server: RealServer): Promise<string> {
  const threads = await server.sql(
    "SELECT id FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'",
  );
  return threads.trim().split("\n")[0]!;
}

/** A dump slow enough to be disturbed, whose thread on the source is killed. */
async function killedDump(
  server: RealServer,
  dir: string,
  ...more: string[]
): Promise<RunningBinlogd> {
  const dump = new RunningBinlogd([
    "dump",
    sourceUrl(server),
    "--dir",
    dir,
    "--rate-limit=2M",
    ...more,
  ]);
  await dump.until(() => dump.log.includes("dumping"));
  let thread = "";
  await waitUntil(async () => (thread = await dumpThread(server)) !== "");
  await server.sql(`KILL QUERY ${thread}`);
  return dump;
}

serverTest("a dump thread that is killed is no end of the source's binlog", async (kind) => {
  await using server = await startServer(kind);
  await fill(server, 6, 10);
  await withFolder(async (dir) => {
    const dump = await killedDump(server, dir);
    const { code, stderr } = await dump.ended();
    assertEquals(code, 0, stderr);
    assertMatch(stderr, /ended the stream inside a transaction|has more than it sent/);
    await assertStored(server, dir);
  });
});

serverTest(
  "a dump thread that is killed while it shows old bytes again makes no shorter source",
  async (kind) => {
    await using server = await startServer(kind);
    await fill(server, 1, 60);
    await withFolder(async (dir) => {
      assertEquals((await binlogd(["dump", sourceUrl(server), "--dir", dir])).code, 0);
      for (const more of [[], ["--follow"]]) {
        const dump = await killedDump(server, dir, ...more);
        await dump.until(() => /before it had shown again|connecting again/.test(dump.log));
        if (more.length > 0) dump.kill("SIGTERM");
        const { code, stderr } = await dump.ended();
        assertEquals(code, 0, stderr);
      }
      await assertStored(server, dir);
    });
  },
);

serverTest("a source that is reset under a dump is refused", async (kind) => {
  await using server = await startServer(kind);
  await fill(server, 3, 1);
  await withFolder(async (dir) => {
    const dump = new RunningBinlogd(["dump", sourceUrl(server), "--dir", dir, "--follow"]);
    const held = await server.binlogFiles();
    await waitUntil(async () => {
      const { size } = await Deno.stat(`${server.binlogDir}/${held.at(-1)}`);
      const copy = await Deno.stat(`${dir}/${held.at(-1)}`).catch(() => undefined);
      return copy?.size === size;
    });
    await server.sql(kind === "mysql97" ? "RESET BINARY LOGS AND GTIDS" : "RESET MASTER");
    await server.sql(
      "INSERT INTO k.t(b) VALUES ('new'); FLUSH BINARY LOGS; INSERT INTO k.t(b) VALUES ('newer')",
    );
    const { code, stderr } = await dump.ended();
    assertEquals(code, 7, stderr);
    assertStringIncludes(stderr, "--new-era");
    const files = [...Deno.readDirSync(dir)].map(({ name }) => name).filter((name) =>
      /\.\d{6}$/.test(name)
    );
    assertEquals(files.sort(), held);
  });
});
