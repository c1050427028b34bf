import { jsonText } from "../binlog/values/json_text.ts";
import { printable } from "../binlog/values/printable.ts";
import { StoreError, UsageError } from "../errors.ts";
import { findByGtid } from "../inspect/find_gtid.ts";
import { findByPosition } from "../inspect/find_position.ts";
import { parseTableName } from "../inspect/find_table_sql.ts";
import { findByTime } from "../inspect/find_time.ts";
import { formatTime } from "../inspect/format_time.ts";
import type { IndexedSeries } from "../inspect/list_files.ts";
import { isBeyondFile } from "../store/is_beyond_file.ts";
import { tellHolesOf } from "../store/tell_holes.ts";
import type { Command, CommandContext, OptionValues } from "./command.ts";
import { FindAnswers } from "./find_answers.ts";
import { checkFrom } from "./find_from.ts";
import { FOLDER_OPTIONS, openIndexedFolder } from "./folder_options.ts";
import { formatBytes } from "./format.ts";
import { ProgressLine } from "./progress.ts";
import { readFilePosition } from "./read_file_position.ts";
import { readWantedGtids } from "./read_wanted_gtids.ts";
import { tellMissing } from "./tell_missing.ts";
import { unexpectedArgument } from "./unexpected_argument.ts";

const EXIT_NOTHING = 1;
const EXIT_DOUBTFUL = 3;
const WAYS = ["time", "gtid", "position", "table"] as const;

/** `binlogd find`: where a transaction is. */
export const find: Command = {
  name: "find",
  summary: "find transactions by time, GTID, position or table, and how to restore up to them",
  usage: [
    "find DIR|FILE --time TIME",
    "find DIR|FILE --gtid GTID|SET",
    "find DIR|FILE --position FILE:POS",
    "find DIR|FILE --table DB.TABLE [--last N]",
  ],
  description: `
Answers with file, start and end position, commit time and GTID of each transaction found. For a single
answer it also prints the mysqlbinlog commands that replay everything up to just before it, and
everything behind it: what point-in-time recovery is made of. Questions for a time, a GTID or a position
are answered from the index that list keeps; a question for a table reads the files.

Exit status: 0; 1 when nothing, or not every GTID, was found; 3 when a file is damaged, or in the index
but not in the folder, so that there may be more than was found.`,
  options: {
    time: {
      type: "time",
      value: "TIME",
      help:
        "The first transaction in file order that was committed at TIME or later; local time, or " +
        "with Z or an offset.",
    },
    gtid: {
      type: "string",
      value: "GTID|SET",
      help: "Each transaction of a set: uuid:5, uuid:1-9, 0-1-5, 0-1-5..9; several with commas.",
    },
    position: {
      type: "string",
      value: "FILE:POS",
      help: "The transaction that begins at or before that position and ends behind it.",
    },
    table: {
      type: "string",
      value: "DB.TABLE",
      help: "Transactions with rows of the table, or with statements that name it.",
      commandLineOnly: true,
    },
    last: { type: "integer", value: "N", help: "With --table: only the last N." },
    from: {
      type: "string",
      value: "FILE:POS",
      help:
        "Where the backup to be restored stands; the commands begin there, not with the oldest " +
        "file.",
    },
    ...FOLDER_OPTIONS,
  },
  examples: [
    {
      command: "binlogd find ./binlogs --table shop.orders --last 1",
      what: "The DROP TABLE somebody ran, and how to restore what was there before it.",
    },
    {
      command: "binlogd find ./binlogs --time '2026-11-23 02:12:48'",
      what: "Where that moment is.",
    },
    { command: "binlogd find ./binlogs --gtid 0-1-4711", what: "In which file a transaction is." },
  ],
  run: runFind,
};

function checkOptions(options: OptionValues): typeof WAYS[number] {
  const given = WAYS.filter((name) => options[name] !== undefined);
  if (given.length !== 1) {
    throw new UsageError("Say one thing to find", {
      expected: WAYS.map((name) => `--${name}`).join(", "),
      found: given.length === 0 ? "none" : given.map((name) => `--${name}`).join(", "),
    });
  }
  const last = options.last as number | undefined;
  if (last !== undefined && (given[0] !== "table" || last < 1)) {
    throw new UsageError("--last goes with --table, and is at least 1");
  }
  return given[0]!;
}

async function runFind(context: CommandContext): Promise<number> {
  const { positionals, options, stdout } = context;
  const way = checkOptions(options);
  if (positionals.length > 1) throw unexpectedArgument(positionals[1]!);
  const from = options.from as string | undefined;
  const start = from === undefined ? undefined : readFilePosition("from", from);
  const wantedTable = way === "table" ? parseTableName(options.table as string) : undefined;
  if (way === "table" && !wantedTable) {
    throw new UsageError(`Cannot read --table=${options.table}`, { expected: "DATABASE.TABLE" });
  }
  const gtids = options.gtid as string | undefined;
  const wantedGtids = gtids === undefined ? undefined : readWantedGtids("gtid", gtids, false);
  const { folder, series, indexed } = await openIndexedFolder(context, positionals[0]);
  const holes = await tellHolesOf(folder, context.log);
  const missing = await tellMissing(folder, series, context.log);
  if (start) checkFrom(context, indexed, start);
  const answers = new FindAnswers(context, indexed, { start, holes, missing });
  const say = (kind: string, text: string): void =>
    stdout(options.json === true ? jsonText({ kind, text }) + "\n" : `${printable(text)}\n`);
  let complete = true;
  if (way === "time") findTime(context, indexed, answers, say);
  else if (way === "position") {
    const { file } = readFilePosition("position", options.position as string);
    if (missing.includes(file)) {
      throw new StoreError(`${file} is in the index, but not in the folder`, { file });
    }
    findPosition(context, indexed, answers, say);
  } else if (wantedGtids) {
    const left = findByGtid(indexed, wantedGtids, answers.add);
    answers.end();
    if (left !== "") {
      say("not_found", `Not found: ${left}`);
      complete = false;
      answers.doubt(indexed.files);
      answers.doubtMissing();
    }
  } else {
    await findTable(context, indexed, answers);
    if (answers.count === 0) say("not_found", `No transaction touches ${options.table}`);
  }
  if (answers.doubtful) return EXIT_DOUBTFUL;
  return answers.count > 0 && complete ? 0 : EXIT_NOTHING;
}

type Say = (kind: string, text: string) => void;

function findTime(
  context: CommandContext,
  series: IndexedSeries,
  answers: FindAnswers,
  say: Say,
): void {
  const time = (context.options.time as Date).getTime() * 1000;
  const found = findByTime(series, time);
  if (!found) {
    const text = formatTime(time, context.options.utc === true);
    say("not_found", `No transaction was committed at ${text} or later`);
    answers.doubt(series.files);
    answers.doubtMissing();
    return;
  }
  answers.add(found.transaction);
  answers.end();
  if (found.earlierFollow) {
    say("earlier_follow", "Transactions with an earlier commit time come after it.");
  }
  // What can't be read may hold an earlier answer.
  const { file } = found.transaction;
  answers.doubt(series.files.slice(0, series.files.findIndex((entry) => entry.file === file)));
  answers.doubtMissing((missing) => !isBeyondFile(missing, file));
}

function findPosition(
  context: CommandContext,
  series: IndexedSeries,
  answers: FindAnswers,
  say: Say,
): void {
  const { file, position } = readFilePosition("position", context.options.position as string);
  const { transaction, before, after } = findByPosition(series, file, position);
  if (transaction) {
    answers.add(transaction);
    answers.end();
    return;
  }
  const around = [
    before ? `the last one before it ends at ${before.end}` : undefined,
    after ? `the next one begins at ${after.start}` : undefined,
  ].filter((part) => part !== undefined);
  const rest = around.length > 0 ? `; ${around.join(", ")}` : "";
  say("not_found", `${file}:${position} is in no transaction${rest}`);
  answers.doubt(series.files.filter((entry) => entry.file === file));
}

async function findTable(
  context: CommandContext,
  series: IndexedSeries,
  answers: FindAnswers,
): Promise<void> {
  // Only this question looks into events; the others start without what it needs.
  const { findByTable } = await import("../inspect/find_in_files.ts");
  const wanted = parseTableName(context.options.table as string)!;
  const last = context.options.last as number | undefined;
  let now = "";
  const line = context.terminal && !Deno.stdout.isTerminal()
    ? new ProgressLine(() => now)
    : undefined;
  try {
    const files = series.files.map(({ file }) => file);
    await findByTable(series.dir, files, wanted, answers.add, {
      signal: context.signal,
      ...(last === undefined ? {} : { last }),
      onDamage: (error) => {
        const { file, position } = error.details;
        context.log.warning("a file can't be searched to its end", {
          file,
          position,
          error: error.message,
        });
        answers.doubtful = true;
      },
      onProgress: ({ file, bytes }) => now = `reading ${file}  ${formatBytes(bytes)}`,
    });
  } finally {
    line?.stop();
  }
  answers.end();
  const enough = last !== undefined && answers.count === last;
  // The last ones are behind what is missing in older files.
  answers.doubtMissing((missing) => !enough || !isBeyondFile(answers.first!, missing));
}
