/** What of the list of files a purge took away, and what is lost. */
import { assertEquals, assertRejects } from "@std/assert";
import { StoreIoError } from "../../lib/errors.ts";
import { withoutPurged } from "../../lib/store/index_lock.ts";
import { writeIndexFile } from "../../lib/store/index_file.ts";
import { withFolder } from "../_pipeline.ts";

const NAMES = [1, 2, 3, 4, 5].map((n) => `binlog.00000${n}`);

/** A folder with these of the files, and these in the index; none: no index. */
async function withFiles(
  there: number[],
  listed: number[],
  work: (dir: string) => Promise<void>,
): Promise<void> {
  await withFolder(async (dir) => {
    for (const n of there) await Deno.writeTextFile(`${dir}/${NAMES[n - 1]}`, "");
    if (listed.length > 0) await writeIndexFile(dir, listed.map((n) => NAMES[n - 1]!));
    await work(dir);
  });
}

const KEPT: [there: number[], listed: number[], kept: number[]][] = [
  [[1, 2, 3, 4, 5], [1, 2, 3, 4, 5], [1, 2, 3, 4, 5]],
  [[3, 4, 5], [3, 4, 5], [3, 4, 5]],
  [[5], [5], [5]],
  // A purge that was interrupted between index and files; and files removed without the index.
  [[2, 3, 4, 5], [4, 5], [2, 3, 4, 5]],
  [[3, 4, 5], [2, 3, 4, 5], [2, 3, 4, 5]],
];

for (const [there, listed, kept] of KEPT) {
  Deno.test(`files ${there}, index ${listed}: the list is ${kept}`, async () => {
    await withFiles(there, listed, async (dir) => {
      assertEquals(await withoutPurged(dir, NAMES), kept.map((n) => NAMES[n - 1]));
    });
  });
}

const LOST: [there: number[], listed: number[], text: string][] = [
  [[1, 2, 3, 4], [1, 2, 3, 4], "binlog.000005 is gone"],
  [[1, 2, 3, 4], [1, 2, 3, 4, 5], "binlog.000005 is gone"],
  [[1, 2, 4, 5], [1, 2, 4, 5], "binlog.000003 is gone"],
  [[2, 3, 5], [2, 3, 4, 5], "binlog.000004 is gone"],
  [[2, 4], [2, 4], "2 files are gone from"],
  [[], [], "5 files are gone from"],
  [[], [1, 2, 3, 4, 5], "binlog.000001 to binlog.000005"],
  [[1, 2, 3, 4, 5], [], "binlog.index"],
];

for (const [there, listed, text] of LOST) {
  Deno.test(`files ${there}, index ${listed}: ${text}`, async () => {
    await withFiles(there, listed, async (dir) => {
      await assertRejects(() => withoutPurged(dir, NAMES), StoreIoError, text);
    });
  });
}

Deno.test("a folder that is gone is no purge, and a store without files has none to lose", async () => {
  await withFiles([], [], async (dir) => {
    await assertRejects(() => withoutPurged(`${dir}/x`, NAMES), StoreIoError, `${dir}/x`);
    assertEquals(await withoutPurged(dir, []), []);
  });
});
