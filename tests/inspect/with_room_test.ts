import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { StoreError, StoreIoError } from "../../lib/errors.ts";
import { withRoom } from "../../lib/inspect/with_room.ts";
import { storeIoError } from "../../lib/store/store_io_error.ts";
import { withFolder } from "../_pipeline.ts";

const FULL = "No space left on device (os error 28)";

async function names(dir: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of Deno.readDir(dir)) found.push(name);
  return found.sort();
}

/** Runs work that fails `times` times; returns which files were there each time. */
async function run(dir: string, times: number, reason = FULL): Promise<string[][]> {
  const seen: string[][] = [];
  await withRoom(dir, async () => {
    seen.push(await names(dir));
    if (seen.length <= times) throw storeIoError("write", `${dir}/b.index`, new Error(reason));
  });
  return seen;
}

Deno.test("room is made of what can be rebuilt, and only of as much as it takes", async () => {
  await withFolder(async (dir) => {
    for (const name of ["b.000001", "binlogd.files.json", "binlogd.files.json.points"]) {
      await Deno.writeTextFile(`${dir}/${name}`, "x");
    }
    assertEquals((await run(dir, 0))[0]!.length, 3);
    const [, second] = await run(dir, 1, "Disk quota exceeded (os error 122)");
    assertEquals(second, ["b.000001", "binlogd.files.json"]);
    const error = await assertRejects(() => run(dir, 9), StoreIoError, "Cannot write");
    assertStringIncludes(error.details.hint!, "free a few KiB");
    assertEquals(await names(dir), ["b.000001"]);
  });
});

Deno.test("room is not made for anything that does not lack it", async () => {
  await withFolder(async (dir) => {
    await Deno.writeTextFile(`${dir}/binlogd.files.json`, "x");
    await assertRejects(() => run(dir, 1, "Input/output error (os error 5)"), StoreIoError);
    const refuse = () => withRoom(dir, () => Promise.reject(new StoreError("locked")));
    await assertRejects(refuse, StoreError, "locked");
    assertEquals(await names(dir), ["binlogd.files.json"]);
  });
});
