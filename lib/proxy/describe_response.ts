import { SERVER_STATUS } from "../protocol/response.ts";
import type { FieldReader } from "./field_reader.ts";
import type { Meaning } from "./packet_view.ts";
import { agreed, type Session } from "./session.ts";

/** Code of MariaDB's progress reports, which look like ERR packets. */
export const PROGRESS_REPORT = 0xffff;

/** Bit of the status flags: changes of the session's state follow in the OK packet. */
const STATUS_SESSION_CHANGED = 0x4000;

const STATUS_NAMES: readonly [number, string][] = [
  [0x1, "in transaction"],
  [0x2, "autocommit"],
  [SERVER_STATUS.MORE_RESULTS, "more results follow"],
  [0x10, "no good index used"],
  [0x20, "no index used"],
  [0x40, "cursor exists"],
  [0x80, "last row sent"],
  [0x100, "database dropped"],
  [0x200, "no backslash escapes"],
  [0x400, "metadata changed"],
  [0x800, "slow query"],
  [0x1000, "out parameters"],
  [0x2000, "read-only transaction"],
  [STATUS_SESSION_CHANGED, "session state changed"],
];

/** Names of the status flags set in `status`. */
export function statusNames(status: number): string[] {
  return STATUS_NAMES.filter(([bit]) => status & bit).map(([, name]) => name);
}

function readStatus(reader: FieldReader, session: Session): void {
  session.status = reader.u16("status");
  reader.show(statusNames(session.status));
}

/** Kinds of session state changes (include/mysql_com.h, enum_session_state_type). */
function readSessionChange(reader: FieldReader): string {
  const type = reader.u8("change_type");
  const end = reader.lenencNumber("change_length") + reader.offset;
  let text = `session change ${type}`;
  if (type === 0) {
    const parts: string[] = [];
    while (reader.offset < end) {
      parts.push(`${reader.textLenenc("variable")}=${reader.textLenenc("value")}`);
    }
    text = parts.join(" ");
  } else if (type === 1) text = `database ${reader.textLenenc("schema")}`;
  else if (type === 3) {
    reader.u8("gtid_encoding");
    text = `GTIDs ${reader.textLenenc("gtids")}`;
  }
  if (reader.offset < end) reader.take(end - reader.offset, "change");
  return text;
}

/**
 * OK packet, also with header fe at the end of a result set: lenenc affected rows, lenenc insert
 * id, u16 status, u16 warnings, info; with CLIENT_SESSION_TRACK the info has its length in front,
 * and changes of the session's state may follow.
 */
export function describeOk(reader: FieldReader, session: Session): Meaning {
  reader.u8("header");
  const rows = reader.lenenc("affected_rows");
  const id = reader.lenenc("last_insert_id");
  let text = "OK";
  if (rows > 0n) text += `, ${rows} ${rows === 1n ? "row" : "rows"} affected`;
  if (id > 0n) text += `, insert id ${id}`;
  if (reader.remaining < 4) return { kind: "response", text };
  readStatus(reader, session);
  const warnings = reader.u16("warnings");
  if (warnings > 0) text += `, ${warnings} ${warnings === 1 ? "warning" : "warnings"}`;
  if (reader.remaining === 0) return { kind: "response", text };
  // Servers put the length in front without CLIENT_SESSION_TRACK too.
  const prefixed = agreed(session, "CLIENT_SESSION_TRACK") ||
    reader.peek() === reader.remaining - 1;
  const info = prefixed ? reader.textLenenc("info") : reader.textRest("info");
  if (info) text += `, ${info}`;
  if (session.status & STATUS_SESSION_CHANGED && reader.remaining > 0) {
    const end = reader.lenencNumber("changes_length") + reader.offset;
    while (reader.offset < end && reader.remaining > 0) text += `, ${readSessionChange(reader)}`;
  }
  return { kind: "response", text };
}

/** ERR packet: ff, u16 code, [# and 5 characters of SQLSTATE], message. */
export function describeErr(reader: FieldReader): Meaning {
  reader.u8("header");
  const code = reader.u16("code");
  if (code === PROGRESS_REPORT) {
    reader.take(reader.remaining, "progress");
    return { kind: "response", text: "progress report" };
  }
  let state = "";
  if (reader.peek() === 0x23 && reader.remaining >= 6) {
    reader.text(1, "sqlstate_marker");
    state = ` (${reader.text(5, "sqlstate")})`;
  }
  return { kind: "error", text: `ERR ${code}${state}: ${reader.textRest("message")}` };
}

/** EOF packet: fe, u16 warnings, u16 status. */
export function describeEof(reader: FieldReader, session: Session): Meaning {
  reader.u8("header");
  if (reader.remaining >= 4) {
    reader.u16("warnings");
    readStatus(reader, session);
  }
  return { kind: "response", text: "EOF" };
}
