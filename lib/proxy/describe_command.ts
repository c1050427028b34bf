import { decodeGtidSet } from "../gtid/gtid_set_codec.ts";
import { COMMAND, commandName } from "../protocol/commands.ts";
import { DUMP_FLAG } from "../protocol/binlog_dump.ts";
import { SEMI_SYNC_MAGIC } from "../protocol/semi_sync.ts";
import { describeChangeUser } from "./describe_connection.ts";
import type { FieldReader } from "./field_reader.ts";
import type { Meaning } from "./packet_view.ts";
import { agreed, type Session } from "./session.ts";

/** Commands that no answer follows. */
export const UNANSWERED: ReadonlySet<number> = new Set([
  COMMAND.COM_QUIT,
  COMMAND.COM_STMT_CLOSE,
  COMMAND.COM_STMT_SEND_LONG_DATA,
]);

/** A command packet: its byte, then what belongs to it. */
export function describeCommand(reader: FieldReader, session: Session): Meaning {
  const code = reader.peek();
  if (code === undefined) return { kind: "command", text: "empty packet" };
  if (code === COMMAND.COM_CHANGE_USER) return describeChangeUser(reader, session);
  reader.u8("command");
  const name = commandName(code);
  reader.show(name);
  const text = commandArguments(code, reader, session);
  return { kind: "command", text: text === "" ? name : `${name} ${text}` };
}

function commandArguments(code: number, reader: FieldReader, session: Session): string {
  switch (code) {
    case COMMAND.COM_QUERY:
      return query(reader, session);
    case COMMAND.COM_STMT_PREPARE:
      return reader.textRest("query");
    case COMMAND.COM_INIT_DB:
      return reader.textRest("database");
    case COMMAND.COM_FIELD_LIST:
      return `table ${reader.textNulOrRest("table")} ${reader.textRest("wildcard")}`.trim();
    case COMMAND.COM_PROCESS_KILL:
      return `connection ${reader.u32("connection_id")}`;
    case COMMAND.COM_SET_OPTION:
      return `multiple statements ${reader.u16("option") === 0 ? "on" : "off"}`;
    case COMMAND.COM_STMT_EXECUTE:
    case COMMAND.COM_STMT_CLOSE:
    case COMMAND.COM_STMT_RESET:
    case COMMAND.COM_STMT_FETCH:
    case COMMAND.COM_STMT_SEND_LONG_DATA:
      return `statement ${reader.u32("statement_id")}`;
    case COMMAND.COM_REGISTER_SLAVE:
      return register(reader);
    case COMMAND.COM_BINLOG_DUMP:
      return binlogDump(reader, session);
    case COMMAND.COM_BINLOG_DUMP_GTID:
      return binlogDumpGtid(reader);
  }
  if (reader.remaining > 0) reader.take(reader.remaining, "arguments");
  return "";
}

/**
 * With CLIENT_QUERY_ATTRIBUTES: lenenc count, lenenc sets (1), and where there are any: NULL
 * bitmap, u8 1, per attribute u16 type and name, then the values; their sizes depend on the types,
 * so that the text is shown only where there are none.
 */
function query(reader: FieldReader, session: Session): string {
  if (agreed(session, "CLIENT_QUERY_ATTRIBUTES")) {
    const count = reader.lenencNumber("attribute_count");
    reader.lenenc("attribute_sets");
    if (count > 0) {
      const at = queryTextOffset(reader.bytes);
      if (at === undefined) {
        reader.take(reader.remaining, "attributes_and_query");
        return `with ${count} attributes`;
      }
      reader.take(at - reader.offset, "attributes");
    }
  }
  return reader.textRest("query");
}

/** Sizes of the values of fixed-size types; the others have their length in front. */
const VALUE_SIZES: Record<number, number> = {
  1: 1,
  2: 2,
  3: 4,
  4: 4,
  5: 8,
  6: 0,
  8: 8,
  9: 4,
  13: 2,
};
const COUNT_SMALL = 0xfb;

/**
 * Where the text of a COM_QUERY with attributes begins: behind count, sets, NULL bitmap, types,
 * names and values. Undefined where the attributes can't be read.
 */
export function queryTextOffset(bytes: Uint8Array): number | undefined {
  const count = bytes[1] ?? COUNT_SMALL;
  if (count >= COUNT_SMALL || (bytes[2] ?? COUNT_SMALL) >= COUNT_SMALL) return undefined;
  if (count === 0) return 3;
  const nulls = 3;
  let at = nulls + ((count + 7) >> 3);
  if (bytes[at++] !== 1) return undefined;
  const types: number[] = [];
  for (let i = 0; i < count; i++) {
    types.push(bytes[at]!);
    at += 2;
    const size = bytes[at]!;
    if (!(size < COUNT_SMALL)) return undefined;
    at += 1 + size;
  }
  for (const [i, type] of types.entries()) {
    if (bytes[nulls + (i >> 3)]! & (1 << (i & 7))) continue;
    const fixed = VALUE_SIZES[type];
    if (fixed !== undefined) {
      at += fixed;
      continue;
    }
    const size = bytes[at]!;
    if (size < COUNT_SMALL) at += 1 + size;
    else if (size === 0xfc) at += 3 + (bytes[at + 1]! | (bytes[at + 2]! << 8));
    else return undefined;
  }
  return at <= bytes.length ? at : undefined;
}

/** COM_REGISTER_SLAVE, see lib/protocol/register_replica.ts. */
function register(reader: FieldReader): string {
  const id = reader.u32("server_id");
  const host = reader.text(reader.u8("host_length"), "host");
  const user = reader.text(reader.u8("user_length"), "user");
  reader.take(reader.u8("password_length"), "password");
  reader.show("(hidden)");
  const port = reader.u16("port");
  if (reader.remaining >= 8) {
    reader.u32("rank");
    reader.u32("source_id");
  }
  const reports = host || user ? `, reports host ${host || "none"}, user ${user || "none"}` : "";
  return `server_id ${id}${reports}, port ${port}`;
}

function flagText(flags: number, mariadb: boolean): string {
  const names: string[] = [];
  if (flags & DUMP_FLAG.BINLOG_DUMP_NON_BLOCK) names.push("BINLOG_DUMP_NON_BLOCK");
  if (flags & 0x2) {
    names.push(mariadb ? "BINLOG_SEND_ANNOTATE_ROWS_EVENT" : "USE_HEARTBEAT_EVENT_V2");
  }
  if (flags & 0x4) names.push("SKIP_TAGGED_GTIDS");
  const rest = flags & ~0x7;
  if (rest) names.push(`0x${rest.toString(16)}`);
  return names.length > 0 ? names.join("|") : "0";
}

/** COM_BINLOG_DUMP, see lib/protocol/binlog_dump.ts. */
function binlogDump(reader: FieldReader, session: Session): string {
  const position = reader.u32("position");
  const flags = flagText(reader.u16("flags"), session.mariadb);
  reader.show(flags);
  const id = reader.u32("server_id");
  const file = reader.textNulOrRest("file") || "(the oldest file)";
  return `${file}:${position}, server_id ${id}, flags ${flags}`;
}

/** COM_BINLOG_DUMP_GTID, see lib/protocol/binlog_dump.ts. */
function binlogDumpGtid(reader: FieldReader): string {
  const flags = flagText(reader.u16("flags"), false);
  reader.show(flags);
  const id = reader.u32("server_id");
  const file = reader.text(reader.u32("file_length"), "file").replace(/\0.*$/s, "");
  const position = reader.u64("position");
  let set = "";
  if (reader.remaining > 0) {
    const size = reader.u32("gtid_set_length");
    if (size > reader.remaining) set = `${size} bytes`;
    else {
      set = decodeGtidSet(reader.take(size, "gtid_set")).toString();
      reader.show(set);
    }
  }
  const from = file === "" ? "" : `${file}:${position}, `;
  return `${from}GTID set ${set === "" ? "(empty)" : set}, server_id ${id}, flags ${flags}`;
}

/** What a replica sends while it receives a binlog stream: ACKs of semi-sync, or a command. */
export function describeDumpUpstream(reader: FieldReader, session: Session): Meaning {
  if (reader.peek() !== SEMI_SYNC_MAGIC) return describeCommand(reader, session);
  reader.u8("semi_sync_magic");
  const position = reader.u64("position");
  return { kind: "ack", text: `semi-sync ACK ${reader.textRest("file")}:${position}` };
}
