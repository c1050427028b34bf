import { jsonText } from "../binlog/values/json_text.ts";
import { printable } from "../binlog/values/printable.ts";
import { damageOf } from "../inspect/list_damage.ts";
import type { IndexedSeries } from "../inspect/list_files.ts";
import { gtidsAtEnd } from "../inspect/list_gtids.ts";
import { unheldGtids } from "../inspect/list_unheld_gtids.ts";
import type { FileSummary } from "../store/file_summary.ts";
import { readableIdentity } from "../store/readable_identity.ts";
import type { Command, CommandContext } from "./command.ts";
import { FOLDER_OPTIONS, openIndexedFolder } from "./folder_options.ts";
import { formatBytes } from "./format.ts";
import { endOf, eraJson, eraLine, fileJson, fileTable, holeJson } from "./list_output.ts";
import { unexpectedArgument } from "./unexpected_argument.ts";

/** `binlogd list`: what files there are and what is in them. */
export const list: Command = {
  name: "list",
  summary: "show the binlog files of a folder: sizes, times, GTIDs, holes, eras",
  usage: ["list DIR|FILE [OPTIONS]", "list DIR|FILE --gtid-set"],
  description: `
Shows each file with its size, number of transactions, commit time of the first and the last one, the
GTIDs it adds and whether it is complete. What is known of a complete file is kept in an index beside
the store's files, so that it is read once only. A folder that no dump made, such as a server's own, is
never written to: its index lives in memory, or in --index-file.

Exit status: 0, or 1 when a file can't be read, is damaged or, but for the newest one, torn.`,
  options: {
    ...FOLDER_OPTIONS,
    "gtid-set": {
      type: "flag",
      help:
        "Print only the GTIDs up to the end of the newest file: what a replica that has all of " +
        "it would name to go on after it.",
    },
  },
  examples: [
    { command: "binlogd list ./binlogs", what: "Shows what a store holds." },
    {
      command: "binlogd list /var/lib/mysql --index-file /tmp/index",
      what: "A running server's own files, quicker the second time.",
    },
    {
      command: "binlogd list ./binlogs --gtid-set",
      what: "For SET GLOBAL gtid_purged or the like.",
    },
  ],
  run: runList,
};

function summaries(indexed: IndexedSeries): FileSummary[] {
  return indexed.files.flatMap((entry) => "summary" in entry ? [entry.summary] : []);
}

async function runList(context: CommandContext): Promise<number> {
  const { positionals, options, stdout } = context;
  if (positionals.length > 1) throw unexpectedArgument(positionals[1]!);
  const { folder, series, indexed } = await openIndexedFolder(context, positionals[0]);
  const { files } = indexed;
  const readable = summaries(indexed);
  const newest = readable[readable.length - 1];
  const gtids = newest ? gtidsAtEnd(newest) : "";
  const damaged = files.some((entry, i) => damageOf(entry, i === files.length - 1));
  if (options["gtid-set"] === true) {
    const unheld = unheldGtids(readable);
    if (unheld !== "") {
      context.log.warning("the set names GTIDs that are in no file", { gtids: unheld });
    }
    stdout(`${gtids}\n`);
    return damaged ? 1 : 0;
  }
  const identity = await readableIdentity(folder, context.log);
  const holes = identity?.holes ?? [];
  const eras = identity?.eras ?? [];
  const totals = {
    files: files.length,
    size: files.reduce((sum, { size }) => sum + size, 0),
    transactions: readable.reduce((sum, { transactions }) => sum + transactions, 0),
  };
  if (options.json === true) {
    const line = (value: unknown): void => stdout(jsonText(value) + "\n");
    for (const [i, entry] of files.entries()) line(fileJson(entry, i === files.length - 1));
    for (const hole of holes) line(holeJson(hole));
    for (const era of eras) line(eraJson(era));
    for (const file of series.missing) line({ kind: "missing", file });
    line({ kind: "totals", ...totals, gtid_set: gtids });
    return damaged ? 1 : 0;
  }
  stdout(fileTable(files, holes, options.utc === true));
  for (const file of series.missing) {
    stdout(`${printable(file)} is in the index, but not in the folder\n`);
  }
  const state = files.length > 0 ? endOf(files[files.length - 1]!, true) : "empty";
  stdout(
    `${totals.files} file${totals.files === 1 ? "" : "s"}, ${formatBytes(totals.size)}, ` +
      `${totals.transactions} transaction${totals.transactions === 1 ? "" : "s"}; ` +
      `the newest file is ${state}\n`,
  );
  if (gtids) stdout(`GTIDs up to the end: ${gtids}\n`);
  for (const era of eras) stdout(eraLine(era));
  return damaged ? 1 : 0;
}
