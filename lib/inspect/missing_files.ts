import { type BinlogFolder, type BinlogSeries, openBinlogFolder } from "./binlog_folder.ts";

/**
 * The files of a series that its index lists and that are not in the folder. It is looked at twice: what
 * a dump has just begun, or a purge just taken away, is not missing.
 *
 * @throws {StoreError} where the folder can't be read any more.
 */
export async function missingFiles(folder: BinlogFolder, series: BinlogSeries): Promise<string[]> {
  if (series.missing.length === 0) return [];
  const now = await openBinlogFolder(folder.dir);
  const missing = new Set(now.series.flatMap((one) => one.missing));
  return series.missing.filter((file) => missing.has(file));
}
