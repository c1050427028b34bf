import { BINLOG_MAGIC } from "../binlog/event_header.ts";
import type { TextOutput } from "../binlog/values/text_output.ts";
import { FormatError, StoreError, UsageError } from "../errors.ts";
import { chooseSeries, openBinlogPath, readError } from "../inspect/binlog_folder.ts";
import { type FileOutcome, walkFile } from "../inspect/events_file.ts";
import type { EventWalk } from "../inspect/events_walk.ts";
import { StandardInput } from "../inspect/standard_input.ts";
import { parseBinlogFileName } from "../store/file_name.ts";
import { tellHolesOf } from "../store/tell_holes.ts";
import type { CommandContext } from "./command.ts";
import { tellMissing } from "./tell_missing.ts";

/** A file to be shown, with its part of the options. */
export interface EventsInput {
  /** `-` is standard input. */
  path: string;
  startPosition?: number;
  stopPosition?: number;
}

/**
 * The files that the command line names, those of folders in their order, and those that should be among
 * them and are not there.
 */
export async function findEventsInputs(
  context: CommandContext,
): Promise<{ inputs: EventsInput[]; missing: string[] }> {
  const { positionals, options } = context;
  const inputs: EventsInput[] = [];
  const missing: string[] = [];
  for (const path of positionals) {
    const opened = await openBinlogPath(path);
    if (opened.kind === "file") inputs.push({ path });
    else {
      await tellHolesOf(opened.folder, context.log);
      const series = chooseSeries(opened.folder, options.base as string | undefined);
      missing.push(...await tellMissing(opened.folder, series, context.log));
      for (const file of series.files) inputs.push({ path: `${opened.folder.dir}/${file}` });
    }
  }
  const first = inputs[0];
  const last = inputs[inputs.length - 1];
  const start = options["start-position"] as number | undefined;
  const stop = options["stop-position"] as number | undefined;
  if (first && start !== undefined) first.startPosition = start;
  if (last && stop !== undefined) last.stopPosition = stop;
  return { inputs, missing };
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Path of the file that a server begins after this one; undefined for names without a number. */
function pathAfter(path: string): string | undefined {
  const slash = path.lastIndexOf("/") + 1;
  const name = parseBinlogFileName(path.slice(slash));
  if (!name) return undefined;
  const digits = path.length - slash - name.base.length - 1;
  const next = String(name.sequence + 1).padStart(digits, "0");
  return `${path.slice(0, slash)}${name.base}.${next}`;
}

/** What is shown, and with what. */
export interface EventsShow {
  context: CommandContext;
  walk: EventWalk;
  out: TextOutput;
  /** Called for each file that was read to its end or to the stop position. */
  onOutcome: (input: EventsInput, outcome: FileOutcome) => void;
  /** Called with what ended the reading of a file too early; the next file follows. */
  onDamage: (error: FormatError) => void;
}

/**
 * Shows files one after another; with --follow the last one, and those that come after it, as they
 * grow. Throws StoreError for what can't be read, FormatError for damage in a file that is followed.
 */
export async function showEvents(inputs: EventsInput[], show: EventsShow): Promise<void> {
  const { context, onOutcome, onDamage } = show;
  const { signal, options } = context;
  const follow = options.follow === true;
  for (const [i, input] of inputs.entries()) {
    if (signal.aborted) return;
    const last = i === inputs.length - 1;
    try {
      const outcome = await showFile(input, show, follow && last && input.path !== "-");
      onOutcome(input, outcome);
      if (outcome.stopped) return;
    } catch (error) {
      if (!(error instanceof FormatError) || (follow && last)) throw error;
      onDamage(error);
    }
  }
  let path = inputs[inputs.length - 1]?.path;
  while (follow && path !== undefined && path !== "-" && !signal.aborted) {
    path = pathAfter(path);
    if (path === undefined) return;
    onOutcome({ path }, await showFile({ path }, show, true));
  }
}

async function showFile(
  input: EventsInput,
  { context, walk, out }: EventsShow,
  follow: boolean,
): Promise<FileOutcome> {
  const { path, startPosition, stopPosition } = input;
  const file = path === "-" ? "stdin" : path.split("/").pop()!;
  const next = pathAfter(path);
  let handle: Deno.FsFile | undefined;
  try {
    if (path !== "-") handle = Deno.openSync(path, { read: true });
  } catch (cause) {
    throw readError(path, cause);
  }
  try {
    const size = handle && endOfFile(handle);
    if (size !== undefined && !follow) checkStart(input, size);
    const reader = handle ?? StandardInput.open("events", context.signal);
    const outcome = await walkFile(reader, walk, {
      file,
      ...(startPosition === undefined ? {} : { startPosition }),
      ...(stopPosition === undefined ? {} : { stopPosition }),
      verifyChecksums: context.options["verify-checksums"] === true,
      follow,
      ended: () => next !== undefined && exists(next),
      flush: () => out.flush(),
      signal: context.signal,
    });
    if (!context.signal.aborted && !outcome.stopped) checkOutcome(input, outcome);
    return outcome;
  } catch (error) {
    if (error instanceof FormatError && startPosition !== undefined && startPosition > 4) {
      throw new FormatError(error.message, {
        ...error.details,
        hint: `does an event begin at ${startPosition}? See the file without --start-position`,
        cause: error,
      });
    }
    throw error;
  } finally {
    handle?.close();
  }
}

/** Size of what is a file; undefined for a FIFO or a device, which have none. */
function endOfFile(handle: Deno.FsFile): number | undefined {
  const { isFile, size } = handle.statSync();
  return isFile ? size : undefined;
}

/** Throws UsageError where the start position is behind the end. */
function checkStart({ path, startPosition = 0 }: EventsInput, end: number): void {
  if (startPosition <= Math.max(end, BINLOG_MAGIC.length)) return;
  const name = path === "-" ? "Standard input" : path;
  throw new UsageError(`${name} ends at ${end}, before --start-position=${startPosition}`, {
    expected: `at most ${end}`,
  });
}

/**
 * Throws for an outcome that says that something else was meant: nothing on standard input, where a
 * command before the pipe has failed, or a start position that no event begins at.
 */
function checkOutcome(input: EventsInput, { end, torn }: FileOutcome): void {
  const { path, startPosition = 0 } = input;
  if (path === "-" && end === 0 && !torn) {
    throw new StoreError("Nothing came on standard input", {
      hint: "did the command that reads the file succeed?",
    });
  }
  if (!torn) checkStart(input, end);
  else if (startPosition > BINLOG_MAGIC.length && torn.position === startPosition) {
    throw new FormatError(`What begins at ${startPosition} is cut off by the end of the file`, {
      file: path,
      position: startPosition,
      expected: `${torn.missing} bytes more`,
      found: `${torn.available} bytes`,
    });
  }
}
