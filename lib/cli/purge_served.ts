import { StoreError } from "../errors.ts";
import { lastArchived } from "../inspect/purge_files.ts";
import { listBinlogFiles } from "../server/binlog_listing.ts";
import { purgeFolder } from "../server/purge_folder.ts";

/**
 * PURGE BINARY LOGS of a client: removes the files before `file`, as `binlogd purge` does.
 * @throws {StoreError} where files would go that --on-close has not run for.
 */
export async function purgeServed(dir: string, file: string): Promise<void> {
  const archived = await lastArchived(dir);
  if (archived !== undefined) {
    const files = await listBinlogFiles(dir);
    const next = files[files.indexOf(archived) + 1];
    if (next !== undefined && files.indexOf(next) < files.indexOf(file)) {
      throw new StoreError(`--on-close has not run for ${next} yet`, { file: next });
    }
  }
  await purgeFolder(dir, file);
}
