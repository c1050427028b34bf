import { UsageError } from "../errors.ts";
import { StopAtGtid } from "../pipeline/stop_at_gtid.ts";
import { StopAtPosition } from "../pipeline/stop_at_position.ts";
import { StopAtTime } from "../pipeline/stop_at_time.ts";
import { DEFAULT_SYNC_POLICY, type SyncPolicy } from "../pipeline/sync_policy.ts";
import type { DumpOptions } from "../source/dump_options.ts";
import type { SemiSyncMode } from "../source/semi_sync_setup.ts";
import { parseBinlogFileName } from "../store/file_name.ts";
import { isBeyondFile } from "../store/is_beyond_file.ts";
import type { Store } from "../store/store.ts";
import { checkGtidText } from "./check_gtid_text.ts";
import { checkRange } from "./check_range.ts";
import type { OptionSpec, OptionValues } from "./command.ts";
import { heldBefore } from "./dump_held_gtids.ts";
import { parseDuration } from "./option_values.ts";

const DUMP = "Where to begin and end";
const STORE = "Store";
const LINK = "Connection";

/** Options of `dump`, besides those that name the source. */
export const DUMP_OPTIONS: Record<string, OptionSpec> = {
  dir: {
    type: "string",
    value: "DIR",
    short: "d",
    help: "Folder of the store; made if need be. A store that holds files is gone on with.",
    group: STORE,
  },
  sync: {
    type: "string",
    value: "always|interval:TIME|none",
    help:
      "When data is made durable: after each write; at most TIME after it (interval:1s is the " +
      "default: a power cut takes one second at most); or at the end of files only.",
    group: STORE,
  },
  "on-close": {
    type: "string",
    value: "COMMAND",
    help: "Run for each complete file, once it is on disk, with its path as last argument. Cut " +
      "into words as a shell does, but run without one; at least once across crashes; the dump " +
      "does not wait for it.",
    group: STORE,
  },
  "on-gap": {
    type: "string",
    value: "stop|continue",
    help:
      "When the source no longer has what comes next: stop, or go on with its oldest file and " +
      "remember the hole.",
    group: STORE,
  },
  "new-era": {
    type: "flag",
    help: "Move the store's files to DIR/era-N and begin afresh with this source.",
    group: STORE,
  },
  refetch: {
    type: "flag",
    help: "Fetch again what the store once had on disk and has lost.",
    group: STORE,
  },
  follow: { type: "flag", short: "f", help: "Go on for ever.", group: DUMP },
  "start-file": {
    type: "string",
    value: "FILE",
    help: "First file of an empty store; the source's oldest by default.",
    group: DUMP,
  },
  "start-gtid": {
    type: "string",
    value: "SET",
    help: "Begin with the file that holds the first transaction that is not in SET.",
    group: DUMP,
  },
  "stop-file": { type: "string", value: "FILE", help: "Last file to fetch.", group: DUMP },
  "stop-position": {
    type: "integer",
    value: "N",
    help: "In that file fetch only transactions that end at N or before.",
    group: DUMP,
  },
  "stop-datetime": {
    type: "time",
    value: "TIME",
    help: "End before the first transaction of TIME or later; local time, or with Z or an offset.",
    group: DUMP,
  },
  "stop-gtid": {
    type: "string",
    value: "SET",
    help: "End as soon as the store holds all of SET.",
    group: DUMP,
  },
  "semi-sync": {
    type: "string",
    value: "on|auto|off",
    bare: "on",
    help: "Acknowledge transactions to the source, once they are on disk. auto: if it can.",
    group: LINK,
  },
  "semi-sync-join": {
    type: "size",
    value: "BYTES",
    help: "Catch up without semi-sync when further behind than this, 16M.",
    group: LINK,
  },
  "server-id": {
    type: "integer",
    value: "N",
    help: "server_id to register with; random, and kept with the store, by default.",
    group: LINK,
  },
  "report-host": {
    type: "string",
    value: "NAME",
    help: "Name shown by SHOW REPLICAS on the source; this host's by default.",
    group: LINK,
  },
  heartbeat: {
    type: "duration",
    value: "TIME",
    help: "Heartbeat to ask for, 10s; twice that and 5 s without a byte is a dead link.",
    group: LINK,
  },
  "retry-limit": {
    type: "integer",
    value: "N",
    help: "Try again at most N times in a row; for ever with --follow, else 10.",
    group: LINK,
  },
  "rate-limit": {
    type: "size",
    value: "BYTES",
    help: "Receive no more than this per second.",
    group: LINK,
  },
};

/** A timer of the runtime goes up to 2^31 ms; nobody means a day. */
const SYNC_INTERVAL_MAX_MS = 86_400_000;

/** Reads --sync. */
export function readSyncPolicy(options: OptionValues, semiSync: SemiSyncMode): SyncPolicy {
  const text = options.sync as string | undefined;
  let policy: SyncPolicy;
  if (text === undefined) {
    policy = semiSync === "off" ? DEFAULT_SYNC_POLICY : { kind: "always" };
  } else if (text === "always" || text === "none") policy = { kind: text };
  else {
    const ms = /^interval:/.test(text) ? parseDuration(text.slice("interval:".length)) : undefined;
    if (ms === undefined) {
      throw new UsageError(`Cannot read --sync=${text}`, {
        expected: "always, interval:TIME or none",
      });
    }
    if (ms > SYNC_INTERVAL_MAX_MS) {
      throw new UsageError(`Cannot use --sync=${text}`, { expected: "a day at the most" });
    }
    policy = { kind: "interval", ms };
  }
  if (semiSync !== "off" && policy.kind !== "always") {
    throw new UsageError("--semi-sync promises that acknowledged data is on disk", {
      found: `--sync=${text}`,
      hint: "leave --sync out, or say --sync=always",
    });
  }
  return policy;
}

/** Reads --semi-sync. */
export function readSemiSync(options: OptionValues): SemiSyncMode {
  const mode = (options["semi-sync"] as string | undefined) ?? "off";
  if (mode === "on" || mode === "auto" || mode === "off") return mode;
  throw new UsageError(`Cannot read --semi-sync=${mode}`, { expected: "on, auto or off" });
}

function checkFileName(option: string, name: string): string {
  if (parseBinlogFileName(name)) return name;
  throw new UsageError(`Cannot use --${option}=${name}`, {
    expected: "the name of a binlog file, such as binlog.000007",
  });
}

/** Makes a dump's stop conditions for a store. */
export type StopMaker = (store: Store) => NonNullable<DumpOptions["stop"]>;

/** Reads --stop-…; undefined where none is given. */
export function readStop(options: OptionValues): StopMaker | undefined {
  const given = ["stop-file", "stop-datetime", "stop-gtid"].filter((name) =>
    options[name] !== undefined
  );
  if (given.length > 1) {
    throw new UsageError(`Only one of ${given.map((name) => `--${name}`).join(", ")} is possible`);
  }
  if (given.length > 0 && options.follow === true) {
    throw new UsageError(`--follow goes on for ever, and --${given[0]} ends`);
  }
  const position = checkRange(options, "stop-position", { min: 0, expected: "0 or more" });
  const file = options["stop-file"] as string | undefined;
  if (position !== undefined && file === undefined) {
    throw new UsageError("--stop-position needs --stop-file");
  }
  if (file !== undefined) {
    checkFileName("stop-file", file);
    return (store) => () => new StopAtPosition(file, position ?? Infinity, store.has(file));
  }
  const time = options["stop-datetime"] as Date | undefined;
  if (time !== undefined) return () => () => new StopAtTime(Math.ceil(time.getTime() / 1000));
  const gtid = options["stop-gtid"] as string | undefined;
  if (gtid === undefined) return undefined;
  if (gtid.trim() === "") {
    throw new UsageError("--stop-gtid is empty, and every store holds that", {
      expected: "a GTID set",
    });
  }
  checkGtidText("stop-gtid", gtid);
  return (store) => (request) => new StopAtGtid(gtid, heldBefore(store, request));
}

/** @throws {UsageError} where the dump would end before it begins. */
export function checkOrder(options: OptionValues): void {
  const start = options["start-file"] as string | undefined;
  const stop = options["stop-file"] as string | undefined;
  if (start === undefined || stop === undefined || !isBeyondFile(start, stop)) return;
  throw new UsageError(`--start-file=${start} is after --stop-file=${stop}`);
}

/** Reads where an empty store begins: --start-file or --start-gtid. */
export function readStart(options: OptionValues): { startFile?: string; startGtid?: string } {
  const startFile = options["start-file"] as string | undefined;
  const startGtid = options["start-gtid"] as string | undefined;
  if (startGtid !== undefined && startFile !== undefined) {
    throw new UsageError("Only one of --start-file and --start-gtid is possible");
  }
  if (startFile !== undefined) return { startFile: checkFileName("start-file", startFile) };
  if (startGtid === undefined) return {};
  checkGtidText("start-gtid", startGtid);
  return { startGtid };
}
