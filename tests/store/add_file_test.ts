import { assertEquals, assertRejects } from "@std/assert";
import { StoreFile } from "../../lib/pipeline/store_file.ts";
import { StoreIoError } from "../../lib/errors.ts";
import { addFile } from "../../lib/store/add_file.ts";
import { readIndexFile, writeIndexFile } from "../../lib/store/index_file.ts";
import { withFolder } from "../_pipeline.ts";

const [OLD, NEW, RENAMED] = ["a.000007", "a.000008", "b.000001"];

/** Lets the `failing`-th call of a function of the runtime fail as a full disk does. */
async function withFailing(
  name: "open" | "renameSync" | "openSync",
  failing: number,
  work: () => Promise<void>,
): Promise<void> {
  const original = Deno[name] as (...args: unknown[]) => unknown;
  const fail = (...args: unknown[]): unknown => {
    if (--failing !== 0) return original(...args);
    const error = Object.assign(new Error("No space left on device (os error 28)"), {
      code: "ENOSPC",
    });
    if (name.endsWith("Sync")) throw error;
    return Promise.reject(error);
  };
  Object.assign(Deno, { [name]: fail });
  try {
    await work();
  } finally {
    Object.assign(Deno, { [name]: original });
  }
}

function entries(dir: string): string[] {
  return [...Deno.readDirSync(dir)].map(({ name }) => name)
    .filter((name) => !name.endsWith(".lock")).sort();
}

Deno.test("a file that can't be added to the index is taken away, and can be added later", async () => {
  for (const [name, index] of [[NEW, "a.index"], [RENAMED, "b.index"]] as const) {
    // The lock, what becomes the index, its rename.
    for (const [call, nth] of [["open", 1], ["openSync", 1], ["renameSync", 1]] as const) {
      await withFolder(async (dir) => {
        await Deno.writeFile(`${dir}/${OLD}`, new Uint8Array(100));
        await writeIndexFile(dir, [OLD]);
        StoreFile.create(dir, name).close();
        await withFailing(call, nth, async () => {
          await assertRejects(() => addFile(dir, [OLD], name), StoreIoError, "no space left");
        });
        assertEquals(entries(dir), [OLD, "a.index"]);
        StoreFile.create(dir, name).close();
        assertEquals(await addFile(dir, [OLD], name), [OLD, name]);
        assertEquals(entries(dir), [OLD, index, name].sort());
      });
    }
  }
});

Deno.test("a file that the index lists already stays when what comes after fails", async () => {
  await withFolder(async (dir) => {
    StoreFile.create(dir, NEW).close();
    // The folder, to be synced, when the index has been renamed.
    await withFailing("openSync", 2, async () => {
      await assertRejects(() => addFile(dir, [], NEW), StoreIoError, "no space left");
    });
    assertEquals(entries(dir), [NEW, "a.index"]);
    assertEquals(await readIndexFile(`${dir}/a.index`), [NEW]);
    StoreFile.create(dir, NEW).close();
    assertEquals(await addFile(dir, [], NEW), [NEW]);
  });
});

Deno.test("the folder is read at once, not entry by entry, while the pipeline waits", async () => {
  await withFolder(async (dir) => {
    for (const name of [OLD, NEW]) StoreFile.create(dir, name).close();
    await writeIndexFile(dir, [OLD]);
    const readDir = Deno.readDir;
    let calls = 0;
    Deno.readDir = (path) => (calls++, readDir(path));
    try {
      assertEquals(await addFile(dir, [OLD], NEW), [OLD, NEW]);
    } finally {
      Deno.readDir = readDir;
    }
    assertEquals(calls, 0);
  });
});
