/** What counts as a store's files, and how their folder is read. */
import { assertEquals, assertRejects } from "@std/assert";
import { readStoreFolder } from "../../lib/store/store_folder.ts";
import { withFolder } from "../_pipeline.ts";

Deno.test("binlog files come in the order of their numbers, with the indexes, read at once", async () => {
  await withFolder(async (dir) => {
    const names = ["b.999999", "b.1000000", "a.000002", "a.index", "b.index", "binlogd.index", "x"];
    for (const name of names) await Deno.writeTextFile(`${dir}/${name}`, "");
    await Deno.mkdir(`${dir}/a.000001`);
    const readDir = Deno.readDir;
    let calls = 0;
    Deno.readDir = (path) => (calls++, readDir(path));
    try {
      const folder = await readStoreFolder(dir);
      assertEquals(folder.names, ["a.000002", "b.999999", "b.1000000"]);
      assertEquals(folder.indexes.sort(), ["a.index", "b.index"]);
    } finally {
      Deno.readDir = readDir;
    }
    assertEquals(calls, 0);
  });
});

Deno.test("a folder that is not there is a rejection", async () => {
  await withFolder(async (dir) => {
    const reading = readStoreFolder(`${dir}/x`);
    await assertRejects(() => reading, Deno.errors.NotFound, `${dir}/x`);
  });
});
