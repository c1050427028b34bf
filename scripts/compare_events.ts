/**
 * Compares what `binlogd events` shows of a binlog file with what the server's own mysqlbinlog does:
 * position, type, size, end, server_id, time, checksum and GTID of every event, and every value of every
 * row, with no more than the notation made equal.
 *
 *     deno run -A scripts/compare_events.ts FILE MYSQLBINLOG
 *
 * @module
 */
import { compareRows, type TableColumns } from "./compare_rows.ts";

/** What a comparison found. */
export interface EventComparison {
  events: number;
  /** Lines of row values that were compared. */
  values: number;
  /** Rows that mysqlbinlog gives up on, from the first column it does not know on. */
  notDecodedByTool: number;
  differences: string[];
}

/** An event as either side describes it; undefined where a side does not say. */
interface Described {
  position: number;
  type: string;
  end: number | undefined;
  serverId: number;
  time: string;
  checksum: string | undefined;
  gtid: string | undefined;
}

interface JsonEvent {
  position: number;
  end_position: number;
  log_pos: number;
  type: string;
  server_id: number;
  timestamp: number;
  checksum?: string;
  nested: boolean;
  error?: string;
  fields: {
    gtid?: string | null;
    tag?: string;
    database?: string;
    table?: string;
    columns?: TableColumns["columns"];
  };
}

/** What mysqlbinlog calls our types; where several do, versions and compressed forms are alike. */
const TYPES: readonly [RegExp, string][] = [
  [/^FORMAT_DESCRIPTION/, "Start"],
  [/^PREVIOUS_GTIDS/, "Previous-GTIDs"],
  [/^(GTID|ANONYMOUS_GTID)/, "GTID"],
  [/^QUERY_COMPRESSED/, "Query_compressed"],
  [/^QUERY/, "Query"],
  [/^TABLE_MAP/, "Table_map"],
  [/^WRITE_ROWS_COMPRESSED/, "Write_compressed_rows"],
  [/^UPDATE_ROWS_COMPRESSED/, "Update_compressed_rows"],
  [/^DELETE_ROWS_COMPRESSED/, "Delete_compressed_rows"],
  [/^WRITE_ROWS/, "Write_rows"],
  [/^UPDATE_ROWS/, "Update_rows"],
  [/^DELETE_ROWS/, "Delete_rows"],
  [/^PARTIAL_UPDATE_ROWS/, "Update_rows_partial"],
  [/^XID/, "Xid"],
  [/^ROTATE/, "Rotate"],
  [/^ROWS_QUERY/, "Rows_query"],
  [/^INTVAR/, "Intvar"],
  [/^RAND/, "Rand"],
  [/^USER_VAR/, "User_var"],
  [/^XA_PREPARE/, "XA"],
  [/^TRANSACTION_PAYLOAD/, "Transaction_Payload"],
  [/^ANNOTATE_ROWS/, "Annotate_rows"],
  [/^BINLOG_CHECKPOINT/, "Binlog"],
  [/^STOP/, "Stop"],
];

function toolType(type: string): string {
  if (type === "GTID_LIST_EVENT") return "Gtid";
  return TYPES.find(([pattern]) => pattern.test(type))?.[1] ?? type;
}

/** Time as mysqlbinlog writes it: `261123 13:46:28`, the hour without a leading zero. */
function toolTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = two(date.getFullYear() % 100) + two(date.getMonth() + 1) + two(date.getDate());
  const clock = `${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day} ${String(date.getHours()).padStart(2)}:${clock}`;
}

const HEADER = new RegExp(
  "^#(\\d{6} [ \\d]\\d:\\d\\d:\\d\\d) server id (\\d+)  end_log_pos (\\d+)(?: CRC32 (0x\\w+))? " +
    "?\\t([^\\n]*)$",
);

/** Reads mysqlbinlog's text: `# at N` and header lines come in the same order. */
function readTool(text: string): { events: Described[]; rows: string[] } {
  const positions: number[] = [];
  const events: Described[] = [];
  const rows: string[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("###")) {
      rows.push(line);
      continue;
    }
    const at = /^# at (\d+)$/.exec(line);
    if (at) positions.push(Number(at[1]));
    const header = HEADER.exec(line);
    if (header) {
      const [, time, serverId, end, checksum, rest] = header;
      events.push({
        position: -1,
        type: (/^[\w-]+/.exec(rest!)?.[0] ?? "").replace(/^XID$/, "XA"),
        end: Number(end) || undefined,
        serverId: Number(serverId),
        time: time!,
        checksum,
        gtid: /^GTID (\d+-\d+-\d+)/.exec(rest!)?.[1],
      });
    }
    const next = /^SET @@SESSION.GTID_NEXT= '([^']+)'/.exec(line);
    const last = events[events.length - 1];
    if (next && last?.type === "GTID") last.gtid = next[1];
  }
  events.forEach((event, i) => event.position = positions[i] ?? -1);
  return { events, rows };
}

function readOurs(events: JsonEvent[]): Described[] {
  return events.map((event) => ({
    // mysqlbinlog places nested events at the end of the event around them.
    position: event.nested ? event.end_position : event.position,
    type: toolType(event.type),
    end: event.nested ? event.end_position : event.log_pos || undefined,
    serverId: event.server_id,
    time: toolTime(event.timestamp),
    checksum: event.nested ? undefined : event.checksum,
    gtid: event.fields.gtid ?? (event.type.startsWith("ANONYMOUS") ? "ANONYMOUS" : undefined),
  }));
}

function compareDescribed(ours: Described, tool: Described): string[] {
  const wrong: string[] = [];
  for (const key of ["position", "type", "end", "serverId", "time", "gtid"] as const) {
    if (ours[key] !== tool[key]) wrong.push(`${key} ${ours[key]}, mysqlbinlog: ${tool[key]}`);
  }
  // mysqlbinlog makes up a checksum for nested events, and leaves that of a format description out
  // where the other events have none.
  const left = ours.type === "Start" && tool.checksum === undefined;
  if (!left && ours.checksum !== undefined && ours.checksum !== tool.checksum) {
    wrong.push(`checksum ${ours.checksum}, mysqlbinlog: ${tool.checksum}`);
  }
  return wrong;
}

/** Tables by name, with all that any of their table maps tells. */
function readTables(events: JsonEvent[]): Map<string, TableColumns> {
  const tables = new Map<string, TableColumns>();
  for (const { type, fields } of events) {
    if (type !== "TABLE_MAP_EVENT" || !fields.columns) continue;
    const name = `${fields.database}.${fields.table}`;
    const known = tables.get(name);
    const columns = fields.columns.map((column, i) => ({ ...known?.columns[i], ...column }));
    tables.set(name, { columns });
  }
  return tables;
}

/** Text whose characters are the bytes: mysqlbinlog prints values in whatever character set they have. */
function bytesText(bytes: Uint8Array): string {
  return new TextDecoder("x-user-defined").decode(bytes)
    .replace(/[\uf780-\uf7ff]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xf700));
}

/** Compares a file; `ours` runs binlogd with arguments and returns what it prints. */
export async function compareEvents(
  file: string,
  mysqlbinlog: string,
  ours: (args: string[]) => Promise<string>,
): Promise<EventComparison> {
  const tool = await new Deno.Command(mysqlbinlog, {
    args: ["--no-defaults", "-vv", "--base64-output=DECODE-ROWS", file],
    stderr: "piped",
  }).output();
  if (!tool.success) throw new Error(`${mysqlbinlog}: ${new TextDecoder().decode(tool.stderr)}`);
  const their = readTool(bytesText(tool.stdout));
  const json = (await ours(["events", file, "--json"])).trim().split("\n")
    .map((line) => JSON.parse(line) as JsonEvent);
  const own = readOurs(json);
  const differences = json.filter(({ error }) => error)
    .map(({ position, error }) => `${position}: ${error}`);
  if (own.length !== their.events.length) {
    differences.push(`${own.length} events, mysqlbinlog: ${their.events.length}`);
  }
  own.forEach((event, i) => {
    const other = their.events[i];
    if (!other) return;
    for (const wrong of compareDescribed(event, other)) {
      differences.push(`${event.position} ${event.type}: ${wrong}`);
    }
  });
  const rows = (await ours(["events", file, "-vv", "--full-values"])).split("\n")
    .filter((line) => line.startsWith("###"));
  const compared = compareRows(rows, their.rows, readTables(json));
  return {
    events: own.length,
    values: compared.values,
    notDecodedByTool: compared.notDecodedByTool,
    differences: [...differences, ...compared.differences],
  };
}

if (import.meta.main) {
  const [file, tool] = Deno.args;
  const main = new URL("../main.ts", import.meta.url).pathname;
  const run = async (args: string[]): Promise<string> => {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", main, ...args],
      stderr: "inherit",
    }).output();
    return new TextDecoder().decode(stdout);
  };
  const result = await compareEvents(file!, tool!, run);
  // deno-lint-ignore no-console
  console.log(JSON.stringify(result, null, 2));
  Deno.exit(result.differences.length > 0 ? 1 : 0);
}
