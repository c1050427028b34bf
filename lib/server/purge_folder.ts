import { withIndexLock } from "../store/index_lock.ts";
import { writeIndexFile } from "../store/index_file.ts";
import { syncDirectory } from "../store/sync_directory.ts";
import { listBinlogFiles } from "./binlog_listing.ts";

/**
 * Removes the binlog files before `file` from a folder: out of the index first, so that a crash
 * leaves files too many and never an index that names what is gone. A dump may run beside it.
 */
export async function purgeFolder(dir: string, file: string): Promise<void> {
  await withIndexLock(dir, async () => {
    const files = await listBinlogFiles(dir);
    const index = files.indexOf(file);
    if (index <= 0) return;
    await writeIndexFile(dir, files.slice(index));
    for (const name of files.slice(0, index)) await Deno.remove(`${dir}/${name}`);
    syncDirectory(dir);
  });
}
