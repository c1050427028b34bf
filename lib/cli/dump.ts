import { StopNotReachedError, UsageError } from "../errors.ts";
import { Logger } from "../log.ts";
import { Dump } from "../source/dump.ts";
import type { DumpOptions, DumpSummary } from "../source/dump_options.ts";
import { findSourceFile } from "../source/find_file.ts";
import { SourceHorizon } from "../source/source_horizon.ts";
import { SummaryRecorder } from "../store/file_summary_recorder.ts";
import { Store } from "../store/store.ts";
import { checkRange, type Range } from "./check_range.ts";
import type { Command, CommandContext, OptionValues } from "./command.ts";
import {
  checkOrder,
  DUMP_OPTIONS,
  readSemiSync,
  readStart,
  readStop,
  readSyncPolicy,
} from "./dump_options.ts";
import { startCloseHook } from "./dump_close_hook.ts";
import { checkStart, reachesStop } from "./dump_start.ts";
import { cutUnfinished } from "./dump_cut_unfinished.ts";
import { readHeldGtids } from "./dump_held_gtids.ts";
import { DumpProgress } from "./dump_progress.ts";
import { askForLostBytes } from "./dump_lost_bytes.ts";
import { lookForOnCloseLeft } from "./dump_on_close_left.ts";
import { loggerOptions } from "./log_options.ts";
import { ProgressLine } from "./progress.ts";
import { readSourceOptions, SOURCE_OPTIONS } from "./source_options.ts";
import { splitWords } from "./split_words.ts";

const HEARTBEAT_MS = 10_000;
const RETRY_LIMIT = 10;
const SERVER_ID: Range = { min: 1, max: 0xffff_ffff, expected: "1 to 4294967295" };
/** Below, a link is dead before it can show that it lives; beyond, no timer goes. */
const HEARTBEAT: Range = { min: 100, max: 86_400_000, expected: "100ms to 1d", unit: "ms" };
const SEMI_SYNC_JOIN = 16 * 1024 * 1024;
/** How often those who look at the store from outside are told how it is with the source. */
const TELL_MS = 1000;

/** `binlogd dump`: a source's binlog files, byte for byte. */
export const dump: Command = {
  name: "dump",
  summary: "copy a source's binlog files, and go on with --follow",
  usage: [
    "dump mysql://USER@HOST:PORT --dir DIR [--follow] [OPTIONS]",
    "dump --host=HOST --user=USER --dir DIR [OPTIONS]",
  ],
  description: `
Connects to a MySQL or MariaDB server as a replica and keeps its binlog files in DIR under their own
names, equal byte for byte. Without --follow it ends where the source's binlog ends; run again, it
goes on there. The account needs REPLICATION SLAVE and nothing else.

What was interrupted, by a network, a source or a machine that fails, is gone on with: an incomplete
event at the end is cut off, the last transaction is asked for again and compared.`,
  options: { ...SOURCE_OPTIONS, ...DUMP_OPTIONS },
  examples: [
    {
      command: "binlogd dump mysql://repl@127.0.0.1:3306 --dir ./binlogs",
      what: "Copies all there is, then stops.",
    },
    {
      command: "binlogd dump mysql://repl@db1 --dir ./binlogs --follow --semi-sync",
      what: "Goes on for ever; a commit on db1 waits until it is on disk here.",
    },
    {
      command: "binlogd dump mysql://repl@db1 --dir ./binlogs --stop-datetime '2026-11-23 02:00'",
      what: "Copies what was committed before that time.",
    },
  ],
  run: (context) => runDump(context),
};

/** Settings of the dump itself, from the command line. */
export async function readDumpOptions(
  context: CommandContext,
): Promise<Omit<DumpOptions, "store" | "log" | "stop"> & { dir: string }> {
  const { options } = context;
  const dir = options.dir as string | undefined;
  if (!dir) {
    const what = dir === undefined ? "missing" : "empty";
    throw new UsageError(`--dir is ${what}: where to keep the files`);
  }
  const semiSync = readSemiSync(options);
  const sync = readSyncPolicy(options, semiSync);
  // Say what is wrong with it before anything is done.
  readStop(options);
  readOnClose(options);
  const start = readStart(options);
  checkOrder(options);
  const follow = options.follow === true;
  checkRange(options, "server-id", SERVER_ID);
  const heartbeatMs = checkRange(options, "heartbeat", HEARTBEAT) ?? HEARTBEAT_MS;
  const retryLimit = checkRange(options, "retry-limit", { min: 0, expected: "0 or more" });
  const continueAfterGap = readOnGap(options);
  const rateLimit = options["rate-limit"] as number | undefined;
  // Last, as it may ask for the password.
  const source = await readSourceOptions(context);
  return {
    dir,
    source,
    follow,
    semiSync,
    sync,
    heartbeatMs,
    reportHost: (options["report-host"] as string | undefined) ?? Deno.hostname(),
    retryLimit: retryLimit ?? (follow ? Infinity : RETRY_LIMIT),
    continueAfterGap,
    semiSyncJoin: (options["semi-sync-join"] as number | undefined) ?? SEMI_SYNC_JOIN,
    ...start,
    ...(rateLimit === undefined ? {} : { rateLimit }),
  };
}

function readOnGap(options: OptionValues): boolean {
  const value = (options["on-gap"] as string | undefined) ?? "stop";
  if (value === "stop" || value === "continue") return value === "continue";
  throw new UsageError(`Cannot read --on-gap=${value}`, { expected: "stop or continue" });
}

/** What goes on beside a dump in the same process. */
export interface BesideDump {
  /** Told of the stream that runs now; undefined between connections. */
  onStream(running: boolean): void;
  /** See DumpOptions. */
  dumpOptions: Pick<DumpOptions, "delayAck" | "beforeRequest">;
  stop(): Promise<void>;
}

/** Runs a dump; `begin` starts what goes on beside it, once the store is open. */
export async function runDump(
  context: CommandContext,
  begin?: (store: Store, log: Logger, horizon: SourceHorizon) => Promise<BesideDump>,
): Promise<number> {
  const { dir, ...options } = await readDumpOptions(context);
  const progress = new DumpProgress(options.follow);
  const line = context.terminal && context.options.quiet !== true &&
      context.options["log-format"] !== "json"
    ? new ProgressLine(() => progress.render())
    : undefined;
  const log = line
    ? new Logger({ ...loggerOptions(context.options), write: line.above })
    : context.log;
  try {
    const { signal } = context;
    const source = { ...options.source, heartbeatMs: options.heartbeatMs };
    // Nothing is moved aside for a source that can't be dumped.
    if (context.options["new-era"] === true) {
      await findSourceFile(source, log, signal).catch((error) => {
        if (!signal.aborted) throw error;
      });
    }
    if (signal.aborted) {
      log.info("ended by signal");
      return 0;
    }
    const tellLeft = await lookForOnCloseLeft(dir, context.options["on-close"] !== undefined);
    const store = await openStore(dir, log, context.options).catch(async (error) => {
      throw await askForLostBytes(error, source, log, signal);
    });
    tellLeft(store, log);
    progress.store = store;
    const horizon = new SourceHorizon();
    const telling = setInterval(() => store.lock.tell(horizon), TELL_MS);
    let beside: BesideDump | undefined;
    try {
      beside = await begin?.(store, log, horizon);
      const settings = { ...options, ...beside?.dumpOptions, store, log };
      return await dumpInto(store, settings, context, progress, horizon, beside);
    } finally {
      clearInterval(telling);
      await beside?.stop();
      store.close();
    }
  } finally {
    line?.stop();
  }
}

/** Opens the store as the dump's options say. */
export function openStore(dir: string, log: Logger, options: OptionValues): Promise<Store> {
  const serverId = options["server-id"] as number | undefined;
  return Store.open({
    dir,
    log,
    refetch: options.refetch === true,
    ...(serverId === undefined ? {} : { serverId }),
    ...(options["new-era"] === true ? { newEra: "--new-era" } : {}),
  });
}

async function dumpInto(
  store: Store,
  options: DumpOptions,
  context: CommandContext,
  progress: DumpProgress,
  horizon: SourceHorizon,
  beside?: BesideDump,
): Promise<number> {
  const { log } = options;
  checkStart(store, context.options);
  const last = store.last;
  const stopGtid = context.options["stop-gtid"] as string | undefined;
  if (hasReachedStop(store, context.options)) {
    log.info("the store has come that far already; nothing to fetch", {
      file: last?.file,
      position: last?.eventEnd,
    });
    return 0;
  }
  const stop = readStop(context.options)?.(store);
  const onClose = readOnClose(context.options);
  const hook = onClose && await startCloseHook(store, onClose, log, context.signal);
  const summaries = options.follow ? new SummaryRecorder(store.dir) : undefined;
  const started = performance.now();
  const dump = new Dump({
    ...options,
    ...(stop ? { stop } : {}),
    ...(stopGtid === undefined ? {} : { stopGtid }),
    onFileClosed: (file) => {
      hook?.closed(file);
      summaries?.closed(file);
    },
    onStream: (stream, session, catchingUp) => {
      progress.follow(stream, session, catchingUp);
      horizon.follow(stream, session);
      beside?.onStream(stream !== undefined);
    },
    onFiles: (files) => progress.sourceFiles(files),
  });
  let summary: DumpSummary;
  try {
    summary = await dump.run(context.signal);
    // A connection cuts what it has stored itself; what an earlier one has stored is left.
    if (summary.outcome === "stopped" && summary.connections > 1) await cutUnfinished(store, last);
    await summaries?.stop();
  } catch (error) {
    await hook?.stop();
    throw error;
  }
  await hook?.finish();
  const end = store.end.position();
  log.info(summary.outcome === "closed" ? "ended by signal" : "done", {
    file: end?.file,
    position: end?.written,
    files: store.files.length,
    events: summary.events,
    received_bytes: summary.receivedBytes,
    seconds: Number(((performance.now() - started) / 1000).toFixed(3)),
    connections: summary.connections,
    syncs: summary.syncs,
    acks: summary.acks || undefined,
  });
  if (stop) await checkStopped(store, context.options, summary.outcome);
  return 0;
}

/** @throws {StopNotReachedError} where a dump with a stop condition has ended elsewhere. */
async function checkStopped(
  store: Store,
  options: OptionValues,
  outcome: DumpSummary["outcome"],
): Promise<void> {
  const end = store.end.position();
  if (outcome === "stopped" && !store.last && !end) {
    throw new StopNotReachedError("The source has nothing from before the stop condition", {
      hint: "what was wanted is purged there, or was never there; --stop-… further on, or none",
    });
  }
  if (outcome !== "ended") return;
  await store.recover();
  // Where the source ends just there no event has come that would have told.
  if (!hasReachedStop(store, options)) {
    throw new StopNotReachedError("The source's binlog ends before the stop condition", {
      ...(end ? { file: end.file, position: end.written } : {}),
      hint: "run the same command again later; it goes on where this one ended",
    });
  }
}

function hasReachedStop(store: Store, options: OptionValues): boolean {
  const { last } = store;
  const wanted = last !== undefined && options["stop-gtid"] !== undefined;
  return reachesStop(store, options, wanted ? readHeldGtids(store.dir, last.file) : undefined);
}

/** Program and arguments of --on-close; undefined without it. */
function readOnClose(options: OptionValues): string[] | undefined {
  const command = options["on-close"] as string | undefined;
  return command === undefined ? undefined : splitWords("--on-close", command);
}
