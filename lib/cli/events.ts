import { TextOutput } from "../binlog/values/text_output.ts";
import { UsageError } from "../errors.ts";
import { EventFilter } from "../inspect/events_filter.ts";
import { EventJson } from "../inspect/events_json.ts";
import { EventLines } from "../inspect/events_lines.ts";
import { type EventVisitor, EventWalk } from "../inspect/events_walk.ts";
import { EventStats } from "../inspect/stats.ts";
import type { Command, CommandContext, OptionValues } from "./command.ts";
import { statsJson, statsText } from "./events_stats.ts";
import { findEventsInputs, showEvents } from "./events_inputs.ts";
import { namesSource, showSource } from "./events_source.ts";
import { printError } from "./print_error.ts";
import { SOURCE_OPTIONS } from "./source_options.ts";
import { EVENTS_OPTIONS, readEventFilter, verboseLevel } from "./events_options.ts";

const EXIT_DAMAGED = 3;
const TOP_TRANSACTIONS = 10;

/** `binlogd events`: what is in binlog files. */
export const events: Command = {
  name: "events",
  summary: "show the events of binlog files, with their rows, as text or JSON",
  usage: [
    "events FILE… [OPTIONS]",
    "events DIR [OPTIONS]",
    "events - < FILE",
    "events mysql://USER@HOST:PORT [--start-file FILE] [OPTIONS]",
  ],
  description: `
Prints one line for each event: position, time, type, server_id, size, end position and what matters in
it. With -v the rows of row events follow as pseudo-SQL, with -vv the types of their columns too. Reads
files of MySQL 5.6 and later and MariaDB 10 and later, relay logs included, a running server's own files
too, and writes nothing.

Exit status: 0; 3 when a file is damaged, or in a folder's index but not there, or an event can't be
decoded, after all that could be read.`,
  options: { ...EVENTS_OPTIONS, ...SOURCE_OPTIONS },
  examples: [
    { command: "binlogd events binlog.000007", what: "What is in a file." },
    {
      command: "binlogd events ./binlogs --table shop.orders -v",
      what: "Every change of a table, row by row.",
    },
    {
      command: "binlogd events binlog.000007 --start-position 4711 --json | head -1",
      what: "One event in all detail.",
    },
    {
      command: "binlogd events mysql://repl@db1 --start-file binlog.000007 --packets",
      what: "The bytes that a source sends, field by field.",
    },
  ],
  run: runEvents,
};

function makePrinter(out: TextOutput, options: OptionValues, heads: boolean): EventVisitor {
  const fullValues = options["full-values"] === true;
  if (options.json === true) return new EventJson(out, { fullValues });
  return new EventLines(out, {
    utc: options.utc === true,
    verbose: verboseLevel(options),
    fullValues,
    hex: options.hex === true || options.packets === true,
    packets: options.packets === true,
    heads,
  });
}

/** Throws UsageError for options that do not go together. */
function checkOutput(options: OptionValues): void {
  const given = ["rows", options.stats === true ? "stats" : "json", "hex", "packets"]
    .filter((name) => options[name] !== undefined);
  if (given.length > 1) {
    const names = given.map((name) => name === "rows" ? "-v" : `--${name}`);
    throw new UsageError(`Only one of ${names.join(" and ")} is possible`);
  }
}

async function runEvents(context: CommandContext): Promise<number> {
  const { positionals, options, stdout, signal } = context;
  checkOutput(options);
  const live = namesSource(context);
  if (positionals.length === 0 && !live) {
    throw new UsageError("Nothing to show is named", {
      expected: "a folder, binlog files or a source",
    });
  }
  const { inputs, missing } = live ? { inputs: [], missing: [] } : await findEventsInputs(context);
  const out = new TextOutput(stdout);
  const filter = readEventFilter(options);
  const heads = live || inputs.length > 1 || options.follow === true;
  const stats = options.stats === true ? new EventStats({ top: TOP_TRANSACTIONS }) : undefined;
  const printer = stats ?? makePrinter(out, options, heads);
  const walk = new EventWalk(printer, filter && new EventFilter(filter));
  let damaged = missing.length > 0;
  try {
    if (live) await showSource(context, walk, out);
    else {await showEvents(inputs, {
        context,
        walk,
        out,
        onOutcome: ({ path }, { torn }) => {
          if (!torn || signal.aborted) return;
          damaged = true;
          out.flush();
          const { position, available, missing } = torn;
          context.log.warning("an event is cut off by the end of the file", {
            file: path,
            position,
            available,
            missing,
          });
        },
        onDamage: (error) => {
          damaged = true;
          out.flush();
          printError(error, options["log-format"] === "json" ? "json" : "text");
        },
      });}
  } finally {
    out.flush();
  }
  if (stats) {
    const { utc, json } = options;
    const terminal = Deno.stdout.isTerminal();
    stdout(json === true ? statsJson(stats) : statsText(stats, { utc: utc === true, terminal }));
  }
  return damaged || walk.problems > 0 ? EXIT_DAMAGED : 0;
}
