import { StoreIoError } from "../errors.ts";
import { parseBinlogFileName } from "./file_name.ts";
import { lockError } from "./lock_error.ts";
import { openOwnFile } from "./open_own_file.ts";
import { indexFileName, readIndexFile } from "./index_file.ts";
import { storeIoError } from "./store_io_error.ts";
import { unlock } from "./unlock.ts";

/** Name of the file that is locked while the list of a store's files changes. */
export const INDEX_LOCK_FILE = "binlogd.index.lock";

/**
 * Runs `work` while no other process changes the list of the store's files: a dump adds to it while a
 * purge takes away.
 */
export async function withIndexLock<T>(dir: string, work: () => Promise<T>): Promise<T> {
  const path = `${dir}/${INDEX_LOCK_FILE}`;
  const file = await openOwnFile(path);
  try {
    await file.lock(true).catch((cause) => {
      throw lockError(path, cause);
    });
    return await work();
  } finally {
    unlock(file);
  }
}

/**
 * The names without those that a purge took away, which are the first ones, are gone from the index
 * and from the folder, and are never all. The index is never taken away by a purge.
 * @throws {StoreIoError} where anything else of what `names` says is gone, or can't be looked at.
 */
export async function withoutPurged(dir: string, names: readonly string[]): Promise<string[]> {
  const newest = names[names.length - 1];
  if (newest === undefined) return [];
  const path = `${dir}/${indexFileName(parseBinlogFileName(newest)!.base)}`;
  const there = entriesOf(dir);
  const firstThere = names.findIndex((name) => there.has(name));
  const lost = names.slice(Math.max(firstThere, 0)).filter((name) => !there.has(name));
  if (lost.length > 0) throw lostError(dir, lost);
  let listed: Set<string>;
  try {
    listed = new Set(await readIndexFile(path));
  } catch (cause) {
    throw storeIoError("read", path, cause);
  }
  return names.filter((name) => there.has(name) || listed.has(name));
}

function entriesOf(dir: string): Set<string> {
  try {
    // Asynchronously each entry would be a call of its own, while the pipeline waits for the next file.
    return new Set(Deno.readDirSync(dir).map(({ name }) => name));
  } catch (cause) {
    throw storeIoError("look into", dir, cause);
  }
}

function lostError(dir: string, lost: readonly string[]): StoreIoError {
  const last = lost[lost.length - 1];
  const text = lost.length === 1
    ? `${last} is gone from ${dir}, and no purge took it`
    : `${lost.length} files are gone from ${dir}, and no purge took them: ${lost[0]} to ${last}`;
  return new StoreIoError(text, {
    file: `${dir}/${last}`,
    hint: "put back what is missing; the dump goes on where it was",
  });
}
