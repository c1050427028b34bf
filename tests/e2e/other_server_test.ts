import { assertEquals, assertStringIncludes } from "@std/assert";
import { binlogd, sourceUrl, waitUntil } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { type RealServer, serverTest, startServer } from "../_servers.ts";

serverTest("another server at the source's place is refused, both sides named", async (kind) => {
  await withFolder(async (dir) => {
    const args = (url: string): string[] => ["dump", url, "--dir", dir];
    await using first = await startServer(kind, { serverId: 11 });
    await first.sql("CREATE DATABASE a; CREATE TABLE a.t (b text); INSERT INTO a.t VALUES ('x')");
    assertEquals((await binlogd(args(sourceUrl(first)))).code, 0);
    // Its file has the same name and is longer: what is asked for begins in the middle of an event.
    await using second = await startServer(kind, { serverId: 22 });
    await second.sql("CREATE DATABASE a; CREATE TABLE a.t (b longtext)");
    await second.sql("INSERT INTO a.t VALUES (REPEAT('y', 50000))");
    const refused = await binlogd(args(sourceUrl(second)));
    assertEquals(refused.code, 7, refused.stderr);
    assertStringIncludes(refused.stderr, "--new-era");
    const era = await binlogd([...args(sourceUrl(second)), "--new-era"]);
    assertEquals(era.code, 0, era.stderr);
  });
});

async function reset(server: RealServer): Promise<void> {
  await server.sql(server.flavour === "mysql" ? "RESET BINARY LOGS AND GTIDS" : "RESET MASTER");
}

serverTest("a source that was reset is refused, whatever its file holds now", async (kind) => {
  // [what the store has, what the source has then]: at the place asked for are other bytes, or the
  // middle of an event, or nothing.
  const histories = [
    [["INSERT INTO a.t VALUES ('one')"], ["CREATE DATABASE b", "CREATE DATABASE c"]],
    [
      ["INSERT INTO a.t VALUES ('one')", "INSERT INTO a.t VALUES ('two')"],
      ["INSERT INTO a.t VALUES (REPEAT('y', 50000))", "DELETE FROM a.t"],
    ],
    [["INSERT INTO a.t VALUES (REPEAT('z', 5000))"], ["CREATE DATABASE d"]],
  ];
  await using server = await startServer(kind, { serverId: 11 });
  await server.sql("CREATE DATABASE a; CREATE TABLE a.t (b longtext)");
  for (const [before, after] of histories) {
    await withFolder(async (dir) => {
      await reset(server);
      for (const statement of before!) await server.sql(statement);
      const args = ["dump", sourceUrl(server), "--dir", dir, "--retry-limit=3"];
      assertEquals((await binlogd(args)).code, 0);
      const identity = await Deno.readTextFile(`${dir}/binlogd.identity.json`);
      const stored = await Deno.readFile(`${dir}/binlog.000001`);
      await reset(server);
      for (const statement of after!) await server.sql(statement);
      // The last one is met by what the source sends, in the same piece as the other bytes.
      const stops = [
        [],
        ["--stop-file=binlog.000001"],
        ["--stop-datetime=2099-01-01"],
        ["--stop-file=binlog.000001", `--stop-position=${stored.length + 1}`],
      ];
      for (const more of stops) {
        const refused = await binlogd([...args, ...more]);
        assertEquals(refused.code, 7, `${before} ${more} ${refused.stderr}`);
        for (const part of ["--new-era", "server_id 11", "the store is from"]) {
          assertStringIncludes(refused.stderr, part);
        }
      }
      assertEquals(await Deno.readTextFile(`${dir}/binlogd.identity.json`), identity);
      assertEquals(await Deno.readFile(`${dir}/binlog.000001`), stored);
    });
  }
});

serverTest(
  "a source at the place of the store's is not taken for it by what it sent",
  async (kind) => {
    await withFolder(async (dir) => {
      const args = (url: string): string[] => ["dump", url, "--dir", dir, "--retry-limit=3"];
      await using first = await startServer(kind, { serverId: 11 });
      await first.sql("CREATE DATABASE a");
      assertEquals((await binlogd(args(sourceUrl(first)))).code, 0);
      const identity = await Deno.readTextFile(`${dir}/binlogd.identity.json`);
      await using second = await startServer(kind, { serverId: 22 });
      await second.sql("CREATE DATABASE b; CREATE DATABASE c");
      const refused = await binlogd(args(sourceUrl(second)));
      assertEquals(refused.code, 7, refused.stderr);
      assertStringIncludes(refused.stderr, "server_id 11");
      assertStringIncludes(refused.stderr, "server_id 22");
      assertEquals(await Deno.readTextFile(`${dir}/binlogd.identity.json`), identity);
    });
  },
);

serverTest("a start file that was purged is told with the oldest there is", async (kind) => {
  await using server = await startServer(kind);
  await server.sql("FLUSH BINARY LOGS; FLUSH BINARY LOGS");
  // MariaDB keeps files until a moment after the rotation.
  await waitUntil(async () => {
    await server.sql("PURGE BINARY LOGS TO 'binlog.000003'");
    return (await server.binlogFiles())[0] === "binlog.000003";
  });
  await withFolder(async (dir) => {
    const args = ["dump", sourceUrl(server), "--dir", dir, "--start-file=binlog.000001"];
    const refused = await binlogd(args);
    assertEquals(refused.code, 5, refused.stderr);
    assertStringIncludes(refused.stderr, "oldest file is binlog.000003");
    assertStringIncludes(refused.stderr, "--start-file=binlog.000003");
  });
});

serverTest("a new era begins only with a source that can be dumped", async (kind) => {
  await using server = await startServer(kind);
  await withFolder(async (dir) => {
    const args = ["dump", "--dir", dir, "--new-era"];
    assertEquals((await binlogd([...args.slice(0, 3), sourceUrl(server)])).code, 0);
    const refused = await binlogd([...args, sourceUrl(server, "nobody")]);
    assertEquals(refused.code, 5, refused.stderr);
    await Deno.stat(`${dir}/binlog.000001`);
    const begun = await binlogd([...args, sourceUrl(server)]);
    assertEquals(begun.code, 0, begun.stderr);
    await Deno.stat(`${dir}/era-1/binlog.000001`);
  });
});
