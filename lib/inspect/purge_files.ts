import { indexFileName, writeIndexFile } from "../store/index_file.ts";
import { INDEX_LOCK_FILE, withIndexLock } from "../store/index_lock.ts";
import { parseBinlogFileName } from "../store/file_name.ts";
import { syncDirectory } from "../store/sync_directory.ts";
import { storeStep } from "../store/store_step.ts";
import { PURGED, removePurged } from "./remove_purged.ts";
import { withRoom } from "./with_room.ts";

/** Which files of a store go, and which stay, in their order. */
export interface PurgeSplit {
  remove: string[];
  keep: string[];
}

/**
 * Removes files from the front of a store, and out of the index first: interrupted, it leaves files
 * that nothing refers to, never names without files. A dump may run beside it: `split` says which
 * files go while nobody else changes the index. Meanwhile they are only renamed: a file system takes
 * its time to remove large files, for which a dump that rotates would wait, and with it every commit
 * that waits for its acknowledgement. Returns what `split` said.
 *
 * @throws {StoreIoError} where the operating system refuses something.
 */
export async function purgeFiles(
  dir: string,
  split: () => Promise<PurgeSplit>,
): Promise<PurgeSplit> {
  const work = async (): Promise<PurgeSplit> => {
    const files = await storeStep("read the index of", dir, split);
    if (files.remove.length > 0) await takeAway(dir, files);
    return files;
  };
  const lock = `${dir}/${INDEX_LOCK_FILE}`;
  let files: PurgeSplit;
  try {
    files = await withRoom(dir, () => storeStep("lock", lock, () => withIndexLock(dir, work)));
  } catch (error) {
    await removePurged(dir).catch(() => {});
    throw error;
  }
  await removePurged(dir);
  return files;
}

async function takeAway(dir: string, { remove, keep }: PurgeSplit): Promise<void> {
  const index = indexFileName(parseBinlogFileName(keep[keep.length - 1]!)!.base);
  await storeStep("write", `${dir}/${index}`, () => writeIndexFile(dir, keep));
  let failure: unknown;
  for (const name of remove) {
    const path = `${dir}/${name}`;
    // One that does not go is no reason to leave the others, which nothing refers to now.
    await storeStep("remove", path, () => renameOrRemove(path, `${dir}/${PURGED}${name}`))
      .catch((error) => failure ??= error);
  }
  await storeStep("sync", dir, () => syncDirectory(dir));
  if (failure !== undefined) throw failure;
}

async function renameOrRemove(path: string, away: string): Promise<void> {
  try {
    await Deno.rename(path, away);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    // The longer name may need room that is not there.
    await Deno.remove(path);
  }
}
