import { BINLOG_MAGIC } from "../binlog/event_header.ts";
import { EventScanner } from "../binlog/event_scanner.ts";
import { eventTypeName } from "../binlog/event_type.ts";
import { BinlogdError } from "../errors.ts";
import { Turns } from "../turns.ts";
import type { QueryAnswer } from "./query.ts";
import type { ServerState } from "./server_state.ts";
import { SqlError } from "./sql_error.ts";
import type { ShowStatement } from "./sql_statement.ts";

/** Rows of one answer; who wants more asks on with FROM and LIMIT. */
const ROWS_MAX = 20_000;
/** Characters of their info after which no more rows follow; a statement may be as long as an event. */
const INFO_MAX = 4 * 1024 * 1024;
/** Events between two looks at the clock. */
const EVENTS_PER_LOOK = 256;

/** Event type as SHOW BINLOG EVENTS prints it: Write_rows, Format_desc, Anonymous_Gtid. */
function shownType(code: number, mariadb: boolean): string {
  const name = eventTypeName(code);
  const special: Record<string, string> = {
    FORMAT_DESCRIPTION_EVENT: "Format_desc",
    GTID_LOG_EVENT: "Gtid",
    ANONYMOUS_GTID_LOG_EVENT: "Anonymous_Gtid",
    GTID_TAGGED_LOG_EVENT: "Gtid_tagged",
    PREVIOUS_GTIDS_LOG_EVENT: "Previous_gtids",
    ROWS_QUERY_LOG_EVENT: "Rows_query",
    TRANSACTION_PAYLOAD_EVENT: "Transaction_payload",
    XA_PREPARE_LOG_EVENT: "XA_prepare",
  };
  if (special[name]) return special[name];
  const plain = name.replace(/_EVENT(?=_|$)/, "").toLowerCase();
  const shown = plain.charAt(0).toUpperCase() + plain.slice(1);
  return mariadb ? shown : shown.replace(/^(Write|Update|Delete)_rows_v1$/, "$1_rows_v1");
}

/** Answers SHOW BINLOG EVENTS [IN file] [FROM position] [LIMIT offset, count]. */
export async function showBinlogEvents(
  statement: ShowStatement,
  { catalog, eventInfo }: ServerState,
): Promise<QueryAnswer> {
  await catalog.refresh();
  const columns = ["Log_name", "Pos", "Event_type", "Server_id", "End_log_pos", "Info"]
    .map((name) => ({ name, integer: /Pos|_id|pos/.test(name), notNull: true }));
  const file = statement.file ?? catalog.files[0];
  const failed = (why: string): SqlError =>
    new SqlError("UNKNOWN_ERROR", `Error when executing command SHOW BINLOG EVENTS: ${why}`);
  if (file === undefined) return { columns, rows: [] };
  if (!catalog.files.includes(file)) throw failed("Could not find target log");
  const limit = await catalog.limit(file);
  const from = statement.from ?? BINLOG_MAGIC.length;
  const flavour = catalog.mariadb ? "mariadb" : "mysql";
  const describe = (event: Uint8Array, checksumSize: number): string => {
    try {
      return eventInfo?.(event, { checksumSize, flavour }) ?? "";
    } catch {
      return ""; // a body that can't be read: the row still says where it is
    }
  };
  const rows: string[][] = [];
  using handle = Deno.openSync(catalog.path(file), { read: true });
  const scanner = new EventScanner(handle, { file });
  const count = Math.min(statement.limit, ROWS_MAX);
  let left = statement.offset;
  let infoSize = 0;
  const turns = new Turns();
  try {
    for (let events = 1; rows.length < count && infoSize < INFO_MAX; events++) {
      if (!scanner.next() || scanner.endPosition > limit) break;
      if (events % EVENTS_PER_LOOK === 0) await turns.give();
      if (scanner.position < from) continue;
      if (rows.length === 0 && left === statement.offset && scanner.position !== from) {
        throw failed("Wrong offset or I/O error");
      }
      if (left-- > 0) continue;
      const { position, eventType, serverId, logPos, head, checksumSize } = scanner;
      const info = describe(head, checksumSize);
      infoSize += info.length;
      rows.push([
        file,
        String(position),
        shownType(eventType, catalog.mariadb),
        String(serverId),
        String(logPos),
        info,
      ]);
    }
  } catch (error) {
    if (error instanceof BinlogdError) throw failed("Wrong offset or I/O error");
    throw error;
  }
  return { columns, rows };
}
