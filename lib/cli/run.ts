import { BINLOG_MAGIC } from "../binlog/event_header.ts";
import { UsageError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { CascadeGate, type CascadeOnTimeout } from "../server/cascade_gate.ts";
import { eventInfo } from "../inspect/event_info.ts";
import { purgeServed } from "./purge_served.ts";
import { startServer } from "../server/server.ts";
import type { SourceHorizon } from "../source/source_horizon.ts";
import type { Store } from "../store/store.ts";
import type { Command, CommandContext, OptionSpec, OptionValues } from "./command.ts";
import { type BesideDump, runDump } from "./dump.ts";
import { DUMP_OPTIONS } from "./dump_options.ts";
import { readServeOptions, SERVE_OPTIONS } from "./serve_options.ts";
import { SOURCE_OPTIONS } from "./source_options.ts";

const CASCADE = "Cascade";
const CASCADE_TIMEOUT_MS = 5000;
/** Options of `dump` that make it end, or that `run` implies. */
const NOT_HERE = [
  "follow",
  "stop-file",
  "stop-position",
  "stop-datetime",
  "stop-gtid",
];

const CASCADE_OPTIONS: Record<string, OptionSpec> = {
  "cascade-ack": {
    type: "integer",
    value: "N",
    help: "Acknowledge to the source only what N replicas of this server have acknowledged too.",
    group: CASCADE,
  },
  "cascade-timeout": {
    type: "duration",
    value: "TIME",
    help: "How long to wait for them, 5s.",
    group: CASCADE,
  },
  "cascade-on-timeout": {
    type: "string",
    value: "withhold|ack",
    help: "When they take longer: say nothing, so that the source's own time-out decides, or " +
      "acknowledge what is on disk here until they are back.",
    group: CASCADE,
  },
};

function dumpOptions(): Record<string, OptionSpec> {
  return Object.fromEntries(
    Object.entries(DUMP_OPTIONS).filter(([name]) => !NOT_HERE.includes(name)),
  );
}

/** `binlogd run`: dump --follow and serve in one process. */
export const run: Command = {
  name: "run",
  summary: "follow a source and serve what comes, in one process",
  usage: ["run mysql://USER@HOST:PORT --dir DIR --users FILE [--listen HOST:PORT] [OPTIONS]"],
  description: `
Does what binlogd dump --follow and binlogd serve do, in one process: replicas that wait at the end
are woken as soon as new events are on disk. When the source can't be reached, replicas stay
connected and wait.

With --semi-sync the source waits for this server; with --cascade-ack for replicas of this server
too.`,
  options: { ...SOURCE_OPTIONS, ...dumpOptions(), ...SERVE_OPTIONS, ...CASCADE_OPTIONS },
  examples: [
    {
      command: "binlogd run mysql://repl@db1 --dir ./binlogs --users users.toml --listen :3307 " +
        "--tls-self-made",
      what: "Follows db1 and serves its binlogs on port 3307.",
    },
    {
      command: "binlogd run mysql://repl@db1 --dir ./binlogs --users users.toml --listen :3307 " +
        "--semi-sync --cascade-ack 1",
      what: "A commit on db1 waits until it is on disk here and on one replica.",
    },
  ],
  run: runBoth,
};

function readCascade(options: OptionValues): {
  count: number;
  timeoutMs: number;
  onTimeout: CascadeOnTimeout;
} | undefined {
  const count = options["cascade-ack"] as number | undefined;
  const onTimeout = (options["cascade-on-timeout"] as string | undefined) ?? "withhold";
  if (onTimeout !== "withhold" && onTimeout !== "ack") {
    throw new UsageError(`Cannot read --cascade-on-timeout=${onTimeout}`, {
      expected: "withhold or ack",
    });
  }
  if (count === undefined) return undefined;
  if (count < 1) {
    throw new UsageError(`Cannot use --cascade-ack=${count}`, { expected: "1 or more" });
  }
  const semiSync = options["semi-sync"];
  if (semiSync !== "on" && semiSync !== "auto") {
    throw new UsageError("--cascade-ack needs --semi-sync");
  }
  if (options["replica-semi-sync"] === "off") {
    throw new UsageError("--cascade-ack needs --replica-semi-sync=on");
  }
  const timeoutMs = (options["cascade-timeout"] as number | undefined) ?? CASCADE_TIMEOUT_MS;
  return { count, timeoutMs, onTimeout };
}

async function runBoth(context: CommandContext): Promise<number> {
  const cascade = readCascade(context.options);
  const settings = await readServeOptions(context);
  context.options.follow = true;

  const begin = async (
    store: Store,
    log: Logger,
    horizon: SourceHorizon,
  ): Promise<BesideDump> => {
    const server = await startServer({
      ...settings,
      log,
      folder: store,
      upstream: horizon,
      eventInfo,
      purge: (file) => purgeServed(store.dir, file, log),
    });
    log.info("serving", { dir: store.dir, listen: `${server.hostname}:${server.port}` });
    const gate = cascade && server.semiSync
      ? new CascadeGate(server.semiSync, { ...cascade, log })
      : undefined;
    return {
      onStream: (running) => {
        if (!running) gate?.streamEnded();
      },
      dumpOptions: gate
        ? { delayAck: gate.delayAck, beforeRequest: (signal) => catchUp(gate, store, log, signal) }
        : {},
      stop: () => server.stop(),
    };
  };
  return await runDump(context, begin);
}

/** A request acknowledges all that the store has, so the replicas should have it too. */
async function catchUp(
  gate: CascadeGate,
  store: Store,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  const last = store.last;
  if (!last) return;
  const end = { file: last.file, position: last.transactionEnd };
  // A store that has only just begun has nothing that they could lack.
  if (store.files.length <= 1 && end.position <= BINLOG_MAGIC.length) return;
  if (await gate.reached(end, signal) || signal.aborted) return;
  log.warning(
    "connecting although replicas lack what the store has: the source takes it for " +
      "acknowledged",
    { file: end.file, position: end.position },
  );
}
