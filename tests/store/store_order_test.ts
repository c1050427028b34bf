import { assert, assertEquals } from "@std/assert";
import { Logger } from "../../lib/log.ts";
import { Store } from "../../lib/store/store.ts";
import { FileBuilder } from "../_events.ts";
import { withFolder } from "../_pipeline.ts";

const log = new Logger({ write: () => {} });

/** Opens a store with these files and index files twice; its order, and the indexes then. */
async function open(
  files: string[],
  indexes: Record<string, string[]>,
): Promise<[readonly string[], string[]]> {
  let result: [readonly string[], string[]] = [[], []];
  await withFolder(async (dir) => {
    for (const name of files) {
      await Deno.writeFile(`${dir}/${name}`, new FileBuilder(name).format().bytes());
    }
    for (const [name, listed] of Object.entries(indexes)) {
      await Deno.writeTextFile(`${dir}/${name}`, listed.map((file) => `./${file}\n`).join(""));
    }
    for (let i = 0; i < 2; i++) {
      const store = await Store.open({ dir, log });
      const left = [...Deno.readDirSync(dir)].map(({ name }) => name)
        .filter((name) => name.endsWith(".index")).sort();
      store.close();
      // What a new one took the place of may be left until the next start; ours is there each time.
      assert(left.includes(`${store.files.at(-1)!.split(".")[0]}.index`), `${left}`);
      result = [store.files, left];
    }
  });
  return result;
}

Deno.test("of several index files the one that lists the most counts, and our own is kept", async () => {
  const [a7, a8, b1] = ["a.000007", "a.000008", "b.000001"];
  const all = [a7, a8, b1];
  assertEquals(await open(all, { "a.index": [a7, a8], "b.index": all }), [all, ["b.index"]]);
  // Left between the file of a new base and its index.
  assertEquals(await open(all, { "a.index": [a7, a8] }), [all, ["b.index"]]);
  // A server's own index lists more than ours did.
  assertEquals(await open([a7, a8], { "own.index": [a7, a8], "a.index": [a7] }), [
    [a7, a8],
    ["a.index", "own.index"],
  ]);
});
