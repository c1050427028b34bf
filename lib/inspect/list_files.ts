import { BINLOG_MAGIC } from "../binlog/event_header.ts";
import { FormatError } from "../errors.ts";
import type { FileSummary, ScannedFile } from "../store/file_summary.ts";
import { summariseFile } from "../store/file_summary_build.ts";
import { FILE_INDEX, FileIndex } from "../store/file_summary_index.ts";
import { isSystemError } from "../store/is_system_error.ts";
import type { BinlogFolder, BinlogSeries } from "./binlog_folder.ts";

/** A file of a series: its summary, or why there is none. */
export type ListedFile =
  | { file: string; size: number; summary: FileSummary }
  | { file: string; size: number; error: string };

/**
 * Whether a file has no event yet and none is to be expected: the newest one, in the moment before
 * its server writes the format description, or after a crash in that moment.
 */
export function isJustBegun(entry: ListedFile, newest: boolean): boolean {
  return newest && !("summary" in entry) && entry.size <= BINLOG_MAGIC.length;
}

/** The files of a series with what the index says of them. */
export interface IndexedSeries {
  dir: string;
  files: ListedFile[];
  index: FileIndex;
  /** Files that had to be scanned, because the index did not know them as they are. */
  scanned: number;
}

/** Settings of {@link indexSeries}. */
export interface IndexOptions {
  signal?: AbortSignal;
  /** Where to keep the index of a folder that no dump made; in memory only when absent. */
  indexFile?: string;
  onProgress?: (progress: { file: string; bytes: number }) => void;
}

/** Path of the index for a folder; undefined where it lives in memory. */
export function indexPath(folder: BinlogFolder, indexFile?: string): string | undefined {
  return indexFile ?? (folder.isStore ? `${folder.dir}/${FILE_INDEX}` : undefined);
}

/**
 * Looks every file of a series up in the index, scans those that are new or have changed, and keeps
 * what was found for the next time. Damaged files are listed too.
 */
export async function indexSeries(
  folder: BinlogFolder,
  series: BinlogSeries,
  options: IndexOptions = {},
): Promise<IndexedSeries> {
  const { dir } = folder;
  const index = FileIndex.open(indexPath(folder, options.indexFile));
  const files: ListedFile[] = [];
  let scanned = 0;
  for (const file of series.files) {
    let info: { size: number; mtime: number };
    try {
      const stat = Deno.statSync(`${dir}/${file}`);
      info = { size: stat.size, mtime: stat.mtime?.getTime() ?? 0 };
    } catch (error) {
      files.push({ file, size: 0, error: (error as Error).message });
      continue;
    }
    let summary = index.current(file, info);
    if (!summary) {
      const found = await scan(dir, file, index, options);
      scanned++;
      if (typeof found === "string") {
        files.push({ file, size: info.size, error: found });
        continue;
      }
      index.put(found);
      summary = found.summary;
    }
    files.push({ file, size: info.size, summary });
  }
  index.keepOnly(series.files);
  await index.save();
  return { dir, files, index, scanned };
}

async function scan(
  dir: string,
  file: string,
  index: FileIndex,
  options: IndexOptions,
): Promise<ScannedFile | string> {
  const known = index.known(file);
  const points = known ? index.points(file) : undefined;
  try {
    return await summariseFile(`${dir}/${file}`, file, {
      ...(known && points ? { before: { summary: known, points } } : {}),
      ...(options.signal ? { signal: options.signal } : {}),
      onProgress: (bytes) => options.onProgress?.({ file, bytes }),
    });
  } catch (error) {
    if (error instanceof FormatError || isSystemError(error)) return error.message;
    throw error;
  }
}
