import { parseBinlogFileName } from "./file_name.ts";
import { indexFileName, readIndexFile } from "./index_file.ts";

/** Name of the file that is locked while the list of a store's files changes. */
export const INDEX_LOCK_FILE = "binlogd.index.lock";

/**
 * Runs `work` while no other process changes the list of the store's files: a dump adds to it while a
 * purge takes away.
 */
export async function withIndexLock<T>(dir: string, work: () => Promise<T>): Promise<T> {
  const path = `${dir}/${INDEX_LOCK_FILE}`;
  using file = await Deno.open(path, { write: true, create: true, mode: 0o640 });
  await file.lock(true);
  return await work();
}

/** The names without those that a purge took away: gone from the index and from the folder. */
export async function withoutPurged(dir: string, names: readonly string[]): Promise<string[]> {
  if (names[0] === undefined) return [];
  const index = indexFileName(parseBinlogFileName(names[0])!.base);
  const listed = new Set(await readIndexFile(`${dir}/${index}`).catch(() => []));
  const kept: string[] = [];
  for (const name of names) {
    const there = listed.has(name) ||
      await Deno.stat(`${dir}/${name}`).then(() => true, () => false);
    if (there) kept.push(name);
  }
  return kept;
}
