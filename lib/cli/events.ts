import { TextOutput } from "../binlog/values/text_output.ts";
import { FormatError, UsageError } from "../errors.ts";
import { chooseSeries, openBinlogPath, readError } from "../inspect/binlog_folder.ts";
import { type FileOutcome, walkFile } from "../inspect/events_file.ts";
import { EventFilter } from "../inspect/events_filter.ts";
import { EventJson } from "../inspect/events_json.ts";
import { EventLines } from "../inspect/events_lines.ts";
import { type EventVisitor, EventWalk } from "../inspect/events_walk.ts";
import type { Command, CommandContext, OptionValues } from "./command.ts";
import { EVENTS_OPTIONS, readEventFilter, verboseLevel } from "./events_options.ts";

const EXIT_DAMAGED = 3;

/** `binlogd events`: what is in binlog files. */
export const events: Command = {
  name: "events",
  summary: "show the events of binlog files, with their rows, as text or JSON",
  usage: [
    "events FILE… [OPTIONS]",
    "events DIR [OPTIONS]",
    "events - < FILE",
  ],
  description: `
Prints one line for each event: position, time, type, server_id, size, end position and what matters in
it. With -v the rows of row events follow as pseudo-SQL, with -vv the types of their columns too. Reads
files of MySQL 5.6 and later and MariaDB 10 and later, relay logs included, a running server's own files
too, and writes nothing.

Exit status: 0; 3 when a file is damaged or an event can't be decoded, after all that could be read.`,
  options: EVENTS_OPTIONS,
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
  ],
  run: runEvents,
};

/** A file to be shown, with its part of the options. */
interface Input {
  path: string;
  startPosition?: number;
  stopPosition?: number;
}

async function findInputs(context: CommandContext): Promise<Input[]> {
  const { positionals, options } = context;
  const inputs: Input[] = [];
  for (const path of positionals) {
    const opened = await openBinlogPath(path);
    if (opened.kind === "file") inputs.push({ path });
    else {
      const series = chooseSeries(opened.folder, options.base as string | undefined);
      for (const file of series.files) inputs.push({ path: `${opened.folder.dir}/${file}` });
    }
  }
  const first = inputs[0];
  const last = inputs[inputs.length - 1];
  const start = options["start-position"] as number | undefined;
  const stop = options["stop-position"] as number | undefined;
  if (first && start !== undefined) first.startPosition = start;
  if (last && stop !== undefined) last.stopPosition = stop;
  return inputs;
}

function makePrinter(out: TextOutput, options: OptionValues): EventVisitor {
  const fullValues = options["full-values"] === true;
  if (options.json === true) return new EventJson(out, { fullValues });
  return new EventLines(out, {
    utc: options.utc === true,
    verbose: verboseLevel(options),
    fullValues,
  });
}

async function runEvents(context: CommandContext): Promise<number> {
  const { positionals, options, stdout, signal } = context;
  if (positionals.length === 0) {
    throw new UsageError("Nothing to show is named", { expected: "a folder or binlog files" });
  }
  const inputs = await findInputs(context);
  const out = new TextOutput(stdout);
  const filter = readEventFilter(options);
  const walk = new EventWalk(makePrinter(out, options), filter && new EventFilter(filter));
  let damaged = false;
  try {
    for (const input of inputs) {
      if (signal.aborted) break;
      if (inputs.length > 1 && options.json !== true) out.ascii("# ").text(input.path).byte(0x0a);
      const outcome = await showFile(context, input, walk, out);
      if (outcome.torn) {
        damaged = true;
        out.flush();
        const { position, available, missing } = outcome.torn;
        context.log.warning("an event is cut off by the end of the file", {
          file: input.path,
          position,
          available,
          missing,
        });
      }
    }
  } finally {
    out.flush();
  }
  return damaged || walk.problems > 0 ? EXIT_DAMAGED : 0;
}

async function showFile(
  { signal, options }: CommandContext,
  input: Input,
  walk: EventWalk,
  out: TextOutput,
): Promise<FileOutcome> {
  const { path, startPosition, stopPosition } = input;
  const file = path === "-" ? "stdin" : path.split("/").pop()!;
  let handle: Deno.FsFile | undefined;
  try {
    if (path !== "-") handle = Deno.openSync(path, { read: true });
  } catch (cause) {
    throw readError(path, cause);
  }
  try {
    return await walkFile(handle ?? Deno.stdin, walk, {
      file,
      ...(startPosition === undefined ? {} : { startPosition }),
      ...(stopPosition === undefined ? {} : { stopPosition }),
      verifyChecksums: options["verify-checksums"] === true,
      flush: () => out.flush(),
      signal,
    });
  } catch (error) {
    if (error instanceof FormatError && startPosition !== undefined && startPosition > 4) {
      throw new FormatError(error.message, {
        ...error.details,
        hint: `no event may begin at ${startPosition}: binlogd events without --start-position`,
        cause: error,
      });
    }
    throw error;
  } finally {
    handle?.close();
  }
}
