import type { BinlogFolder, BinlogSeries } from "../inspect/binlog_folder.ts";
import { missingFiles } from "../inspect/missing_files.ts";
import type { Logger } from "../log.ts";

/** Of more files than this only the first and the last one are named. */
const NAMES_MAX = 20;

/** Warns of files that the index lists and that are not in the folder; returns their names. */
export async function tellMissing(
  folder: BinlogFolder,
  series: BinlogSeries,
  log: Logger,
): Promise<string[]> {
  const missing = await missingFiles(folder, series);
  if (missing.length === 1) {
    log.warning("a file is in the index, but not in the folder", { file: missing[0] });
  } else if (missing.length > 1) {
    const all = missing.length <= NAMES_MAX;
    log.warning(`${missing.length} files are in the index, but not in the folder`, {
      files: all ? missing.join(", ") : `${missing[0]} to ${missing.at(-1)}`,
    });
  }
  return missing;
}
