import { StoreError } from "../errors.ts";
import { lastArchived } from "../inspect/last_archived.ts";
import { purgeFiles, type PurgeSplit } from "../inspect/purge_files.ts";
import { listBinlogFiles } from "../server/binlog_listing.ts";

/**
 * PURGE BINARY LOGS of a client: removes the files before `file`, as `binlogd purge` does.
 * @throws {StoreError} where files would go that --on-close has not run for.
 */
export async function purgeServed(dir: string, file: string): Promise<void> {
  await purgeFiles(dir, () => splitBefore(dir, file));
}

async function splitBefore(dir: string, file: string): Promise<PurgeSplit> {
  const files = await listBinlogFiles(dir);
  const place = Math.max(files.indexOf(file), 0);
  const archived = await lastArchived(dir);
  if (archived !== undefined) {
    const next = files[files.indexOf(archived) + 1];
    if (next !== undefined && files.indexOf(next) < place) {
      throw new StoreError(`--on-close has not run for ${next} yet`, { file: next });
    }
  }
  return { remove: files.slice(0, place), keep: files.slice(place) };
}
