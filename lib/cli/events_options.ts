import { EVENT_TYPE } from "../binlog/event_type.ts";
import { rowsForm } from "../binlog/rows_event.ts";
import { UsageError } from "../errors.ts";
import type { EventFilterOptions } from "../inspect/events_filter.ts";
import { parseTableName } from "../inspect/find_table_sql.ts";
import type { OptionSpec, OptionValues } from "./command.ts";
import { nearest } from "./nearest.ts";
import { readWantedGtids } from "./read_wanted_gtids.ts";

const OUTPUT = "Output";
const FILTER = "Which events";

/** Options of `binlogd events`. */
export const EVENTS_OPTIONS: Record<string, OptionSpec> = {
  rows: {
    type: "string",
    value: "v",
    short: "v",
    bare: "1",
    help:
      "-v: rows as pseudo-SQL, in the notation of mysqlbinlog -v; -vv: with the types of columns.",
    group: OUTPUT,
  },
  json: {
    type: "flag",
    help: "One JSON object a line, with all fields and rows of the event.",
    group: OUTPUT,
  },
  hex: {
    type: "flag",
    help: "The bytes of each event, 16 to a row, with the names of their fields.",
    group: OUTPUT,
  },
  packets: {
    type: "flag",
    help: "With a source: the bytes of its packets, as --hex shows those of events.",
    group: OUTPUT,
  },
  stats: {
    type: "flag",
    help: "Counts and bytes of tables, types and transactions, and over time, in place of the " +
      "events; with --json as objects.",
    group: OUTPUT,
  },
  "full-values": {
    type: "flag",
    help: "Print values over 16 MiB whole, not their first 1 KiB, length and CRC.",
    group: OUTPUT,
  },
  utc: { type: "flag", help: "Print times in UTC.", group: OUTPUT },
  follow: {
    type: "flag",
    help: "Go on at the end of the last file as it grows, and with the files that come after it.",
    group: OUTPUT,
    commandLineOnly: true,
  },
  "start-file": {
    type: "string",
    value: "FILE",
    help: "With a source: begin with this file, not with the oldest.",
    group: FILTER,
    commandLineOnly: true,
  },
  "start-position": {
    type: "integer",
    value: "POS",
    help: "Begin with the event at POS of the first file.",
    group: FILTER,
    commandLineOnly: true,
  },
  "stop-position": {
    type: "integer",
    value: "POS",
    help: "End before the event at POS of the last file.",
    group: FILTER,
    commandLineOnly: true,
  },
  "start-datetime": {
    type: "time",
    value: "TIME",
    help: "Only events of TIME or later; local time, or with Z or an offset.",
    group: FILTER,
    commandLineOnly: true,
  },
  "stop-datetime": {
    type: "time",
    value: "TIME",
    help: "Only events of before TIME.",
    group: FILTER,
    commandLineOnly: true,
  },
  "include-gtids": {
    type: "string",
    value: "SET",
    help: "Only transactions of this set: uuid:1-5, or 0-1-5..9 of MariaDB.",
    group: FILTER,
    commandLineOnly: true,
  },
  "exclude-gtids": {
    type: "string",
    value: "SET",
    help: "No transactions of this set.",
    group: FILTER,
    commandLineOnly: true,
  },
  "server-id": {
    type: "string",
    value: "ID,…",
    help: "Only events that these servers have logged first.",
    group: FILTER,
    commandLineOnly: true,
  },
  database: {
    type: "string",
    short: "d",
    value: "NAME",
    help: "Only rows of its tables and statements run in it.",
    group: FILTER,
    commandLineOnly: true,
  },
  table: {
    type: "string",
    value: "DB.TABLE",
    multiple: true,
    help: "Only rows of this table and statements that name it. May be given again.",
    group: FILTER,
    commandLineOnly: true,
  },
  type: {
    type: "string",
    value: "NAME,…",
    help:
      "Only events of these types: GTID_LOG_EVENT or gtid_log, a number, rows for all row events.",
    group: FILTER,
    commandLineOnly: true,
  },
  base: {
    type: "string",
    value: "NAME",
    help: "Which files, where a folder holds several series: binlog for binlog.000001 and so on.",
    group: FILTER,
  },
  "verify-checksums": {
    type: "flag",
    short: "c",
    help: "Check the CRC of each event before it is shown.",
    group: FILTER,
  },
};

/** 0, 1 for -v, 2 for -vv. Throws UsageError. */
export function verboseLevel(options: OptionValues): number {
  const text = options.rows as string | undefined;
  if (text === undefined) return 0;
  if (text === "1") return 1;
  if (text === "2" || /^v+$/.test(text)) return 2;
  throw new UsageError(`Cannot read -v${text}`, { expected: "-v or -vv" });
}

function readServerIds(text: string | undefined): Set<number> | undefined {
  if (text === undefined) return undefined;
  const ids = text.split(",").map((part) => /^\s*\d{1,10}\s*$/.test(part) ? Number(part) : NaN);
  if (ids.some((id) => !(id <= 0xffff_ffff))) {
    throw new UsageError(`Cannot read --server-id=${text}`, { expected: "numbers, with commas" });
  }
  return new Set(ids);
}

/** Reads names of event types: whole, without _EVENT, in any case; codes; `rows`. */
export function readEventTypes(text: string): Set<number> {
  const byName = new Map<string, number>();
  for (const [name, code] of Object.entries(EVENT_TYPE)) {
    byName.set(name, code);
    byName.set(name.replace(/_EVENT(?=_V\d|$)/, ""), code);
    byName.set(name.replace(/(_LOG)?_EVENT(?=_V\d|$)/, ""), code);
  }
  const codes = new Set<number>();
  for (const part of text.split(",")) {
    const name = part.trim().toUpperCase().replaceAll("-", "_");
    const code = /^\d{1,3}$/.test(name) ? Number(name) : byName.get(name);
    if (name === "ROWS") {
      for (let type = 0; type < 256; type++) if (rowsForm(type)) codes.add(type);
    } else if (code !== undefined && code < 256) codes.add(code);
    else {
      const near = nearest(name, byName.keys());
      throw new UsageError(`Unknown event type ${part.trim()}`, {
        hint: near ? `did you mean ${near}?` : "binlogd events without --type shows their names",
      });
    }
  }
  return codes;
}

/** The filter that the command line asks for; undefined where every event is wanted. */
export function readEventFilter(options: OptionValues): EventFilterOptions | undefined {
  const filter: EventFilterOptions = {};
  const start = options["start-datetime"] as Date | undefined;
  const stop = options["stop-datetime"] as Date | undefined;
  if (start) filter.startTime = Math.ceil(start.getTime() / 1000);
  if (stop) filter.stopTime = Math.ceil(stop.getTime() / 1000);
  const include = options["include-gtids"] as string | undefined;
  const exclude = options["exclude-gtids"] as string | undefined;
  if (include !== undefined) filter.includeGtids = readWantedGtids("include-gtids", include);
  if (exclude !== undefined) filter.excludeGtids = readWantedGtids("exclude-gtids", exclude);
  const servers = readServerIds(options["server-id"] as string | undefined);
  if (servers) filter.serverIds = servers;
  if (options.database !== undefined) filter.database = options.database as string;
  const tables = options.table as string[] | undefined;
  if (tables) {
    filter.tables = tables.map((text) => {
      const name = parseTableName(text);
      if (!name) throw new UsageError(`Cannot read --table=${text}`, { expected: "DB.TABLE" });
      return name;
    });
  }
  if (options.type !== undefined) filter.types = readEventTypes(options.type as string);
  return Object.keys(filter).length > 0 ? filter : undefined;
}
