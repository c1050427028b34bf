import { parseBinlogFileName } from "./file_name.ts";
import { indexFileName, readIndexFile, writeIndexFile } from "./index_file.ts";
import { withIndexLock, withoutPurged } from "./index_lock.ts";
import { systemError } from "./system_error.ts";

function indexOf(name: string): string {
  return indexFileName(parseBinlogFileName(name)!.base);
}

/**
 * Adds a new file, which holds nothing yet, behind the other `files` of the index, durably, with its
 * directory entry. Returns all files, without those that a purge took away.
 * @throws {StoreIoError} where files before it are gone, or the index can't be written; the new one
 * is taken away again, as an index that begins with it would pass for all there ever was.
 */
export async function addFile(
  dir: string,
  files: readonly string[],
  name: string,
): Promise<string[]> {
  const newest = files[files.length - 1];
  try {
    return await withIndexLock(dir, async () => {
      const all = [...await withoutPurged(dir, files), name];
      await writeIndexFile(dir, all);
      // The source's log_bin was changed, and the index is named by the newest file.
      if (newest !== undefined && indexOf(newest) !== indexOf(name)) {
        await Deno.remove(`${dir}/${indexOf(newest)}`).catch(() => {}); // the next start looks again
      }
      return all;
    });
  } catch (error) {
    if (!await mayBeListed(dir, name)) await Deno.remove(`${dir}/${name}`).catch(() => {});
    throw systemError("add to the index", `${dir}/${name}`, error);
  }
}

/** Whether the index was replaced by one with the file before something failed. */
async function mayBeListed(dir: string, name: string): Promise<boolean> {
  try {
    return (await readIndexFile(`${dir}/${indexOf(name)}`)).includes(name);
  } catch (error) {
    return !((error as Error).cause instanceof Deno.errors.NotFound);
  }
}
