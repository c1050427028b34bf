import { StoreError } from "../errors.ts";
import { lastArchived } from "../inspect/last_archived.ts";
import { purgeFiles, type PurgeSplit } from "../inspect/purge_files.ts";
import type { Logger } from "../log.ts";
import { listBinlogFiles } from "../server/binlog_listing.ts";
import { StoreLock } from "../store/store_lock.ts";
import { STORE_MARKS } from "../store/store_marks.ts";
import { KEEP_WHILE_DUMPING } from "./keep_while_dumping.ts";

/**
 * PURGE BINARY LOGS of a client: removes the files before `file`, as `binlogd purge` does.
 * @throws {StoreError} where files would go that --on-close has not run for, or it is no store.
 */
export async function purgeServed(dir: string, file: string, log?: Logger): Promise<void> {
  const marks = [...STORE_MARKS].map((name) => Deno.stat(`${dir}/${name}`));
  if (!await Promise.any(marks).then(() => true, () => false)) {
    throw new StoreError("These files are not binlogd's to remove: their folder is no store of it");
  }
  const newest = await StoreLock.isHeld(dir) ? KEEP_WHILE_DUMPING : 1;
  const { remove, keep } = await purgeFiles(dir, () => splitBefore(dir, file, newest));
  if (remove.length === 0) return;
  log?.info("a client's PURGE removed files", { files: remove.length, first: keep[0] });
}

async function splitBefore(dir: string, file: string, newest: number): Promise<PurgeSplit> {
  const files = await listBinlogFiles(dir);
  const place = Math.max(Math.min(files.indexOf(file), files.length - newest), 0);
  const archived = await lastArchived(dir);
  if (archived !== undefined) {
    const next = files[files.indexOf(archived) + 1];
    if (next !== undefined && files.indexOf(next) < place) {
      throw new StoreError(`--on-close has not run for ${next} yet`, { file: next });
    }
  }
  return { remove: files.slice(0, place), keep: files.slice(place) };
}
