import { parseBinlogFileName } from "../store/file_name.ts";
import { writeIndexFile } from "../store/index_file.ts";
import { StoreLock } from "../store/store_lock.ts";
import { syncDirectory } from "../store/sync_directory.ts";
import { listBinlogFiles } from "./binlog_listing.ts";

/**
 * Removes the binlog files before `file` from a store that nobody writes: out of the index first,
 * so that a crash leaves files too many and never an index that names what is gone.
 * @throws {StoreError} where another process has the store.
 */
export async function purgeFolder(dir: string, file: string): Promise<void> {
  const lock = await StoreLock.take(dir);
  try {
    const files = await listBinlogFiles(dir);
    const index = files.indexOf(file);
    if (index <= 0) return;
    if (parseBinlogFileName(file)) await writeIndexFile(dir, files.slice(index));
    for (const name of files.slice(0, index)) await Deno.remove(`${dir}/${name}`);
    syncDirectory(dir);
  } finally {
    lock.release();
  }
}
