import { UsageError } from "../errors.ts";
import {
  type BinlogFolder,
  type BinlogSeries,
  chooseSeries,
  folderOfFile,
  openBinlogPath,
} from "../inspect/binlog_folder.ts";
import { type IndexedSeries, indexSeries } from "../inspect/list_files.ts";
import type { CommandContext, OptionSpec } from "./command.ts";
import { formatBytes } from "./format.ts";
import { isFromFiles } from "./is_from_files.ts";
import { ProgressLine } from "./progress.ts";

/** Options of every command that looks at the files of one folder by their index. */
export const FOLDER_OPTIONS: Record<string, OptionSpec> = {
  dir: {
    type: "string",
    value: "DIR",
    short: "d",
    help: "The folder, when it is not given as an argument.",
  },
  json: { type: "flag", help: "One JSON object a line." },
  utc: { type: "flag", help: "Print times in UTC." },
  base: {
    type: "string",
    value: "NAME",
    help: "Which files, where a folder holds several series: binlog for binlog.000001 and so on.",
  },
  "index-file": {
    type: "string",
    value: "FILE",
    help: "Keep what was found of the files of a folder that no dump made in FILE (and " +
      "FILE.points), so that the next time is quick. A store keeps it by itself.",
  },
};

/** The folder, or single file, that the command line names, its files and what the index says of them. */
export async function openIndexedFolder(
  context: CommandContext,
  dir: string | undefined,
): Promise<{ folder: BinlogFolder; series: BinlogSeries; indexed: IndexedSeries }> {
  const option = context.options.dir as string | undefined;
  if (dir !== undefined && option !== undefined && !isFromFiles(context.options, "dir")) {
    throw new UsageError("Only one folder is possible", { found: `--dir=${option} and ${dir}` });
  }
  dir ??= option;
  if (dir === undefined) throw new UsageError("No folder is named", { expected: "DIR" });
  const opened = await openBinlogPath(dir);
  if (dir === "-") {
    throw new UsageError("Standard input can't be searched", { expected: "a folder or a file" });
  }
  const folder = opened.kind === "file" ? folderOfFile(dir) : opened.folder;
  const series = chooseSeries(folder, context.options.base as string | undefined);
  let now = "";
  const line = context.terminal ? new ProgressLine(() => now) : undefined;
  const indexFile = context.options["index-file"] as string | undefined;
  try {
    const indexed = await indexSeries(folder, series, {
      signal: context.signal,
      ...(indexFile === undefined ? {} : { indexFile }),
      onProgress: ({ file, bytes }) => now = `reading ${file}  ${formatBytes(bytes)}`,
    });
    return { folder, series, indexed };
  } finally {
    line?.stop();
  }
}
