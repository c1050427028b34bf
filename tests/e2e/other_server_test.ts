import { assertEquals, assertStringIncludes } from "@std/assert";
import { binlogd, sourceUrl } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { serverTest, startServer } from "../_servers.ts";

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
