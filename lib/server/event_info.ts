import { ByteReader } from "../bytes/byte_reader.ts";
import { EVENT_TYPE } from "../binlog/event_type.ts";
import {
  decodeGtid,
  decodeGtidList,
  decodeMariadbGtid,
  decodeTaggedGtid,
} from "../binlog/gtid_event.ts";
import { decodeRotateEvent } from "../binlog/rotate_event.ts";
import { decodeGtidSet } from "../gtid/gtid_set_codec.ts";
import { formatMariadbGtid } from "../gtid/mariadb_position.ts";

/** Longest statement shown. */
const TEXT_MAX = 8192;
const STMT_END_F = 1;
const FL_STANDALONE = 1;

function query(body: Uint8Array): string {
  const reader = new ByteReader(body);
  reader.skip(8, "thread id and time");
  const databaseSize = reader.u8("database length");
  reader.skip(2, "error code");
  reader.skip(reader.u16("status variables length"), "status variables");
  const database = reader.text(databaseSize, "database");
  reader.skip(1, "NUL");
  const statement = reader.text(Math.min(reader.remaining, TEXT_MAX), "statement");
  const bare = database === "" || /^(BEGIN|COMMIT|ROLLBACK)$/.test(statement);
  return bare ? statement : `use \`${database}\`; ${statement}`;
}

function tableMap(body: Uint8Array): string {
  const reader = new ByteReader(body);
  const id = reader.u48("table id");
  reader.skip(2, "flags");
  const database = reader.text(reader.u8("database length"), "database");
  reader.skip(1, "NUL");
  return `table_id: ${id} (${database}.${reader.text(reader.u8("table length"), "table")})`;
}

function rows(body: Uint8Array): string {
  const reader = new ByteReader(body);
  const id = reader.u48("table id");
  return `table_id: ${id}${reader.u16("flags") & STMT_END_F ? " flags: STMT_END_F" : ""}`;
}

function mysqlGtid(gtid: { uuid: string; tag: string; gno: bigint }): string {
  const tag = gtid.tag === "" ? "" : `${gtid.tag}:`;
  return `SET @@SESSION.GTID_NEXT= '${gtid.uuid}:${tag}${gtid.gno}'`;
}

function formatDescription(body: Uint8Array): string {
  const reader = new ByteReader(body);
  const version = reader.u16("binlog version");
  const server = reader.text(50, "server version").replace(/\0.*$/s, "");
  return `Server ver: ${server}, Binlog ver: ${version}`;
}

function rotate(body: Uint8Array): string {
  const { file, position } = decodeRotateEvent(body);
  return `${file};pos=${position}`;
}

/**
 * The Info column of SHOW BINLOG EVENTS. `body` is the event without header and checksum, or the
 * beginning of a large one; what can't be read there is left empty.
 */
export function eventInfo(type: number, body: Uint8Array, event: Uint8Array): string {
  try {
    return describe(type, body, event);
  } catch {
    return "";
  }
}

function describe(type: number, body: Uint8Array, event: Uint8Array): string {
  switch (type) {
    case EVENT_TYPE.FORMAT_DESCRIPTION_EVENT:
      return formatDescription(body);
    case EVENT_TYPE.PREVIOUS_GTIDS_LOG_EVENT:
      return decodeGtidSet(body).toString().replaceAll(",", ",\n");
    case EVENT_TYPE.GTID_LIST_EVENT:
      return `[${decodeGtidList(body).map(formatMariadbGtid).join(",")}]`;
    case EVENT_TYPE.GTID_LOG_EVENT:
      return mysqlGtid(decodeGtid(body));
    case EVENT_TYPE.GTID_TAGGED_LOG_EVENT:
      return mysqlGtid(decodeTaggedGtid(body));
    case EVENT_TYPE.ANONYMOUS_GTID_LOG_EVENT:
      return "SET @@SESSION.GTID_NEXT= 'ANONYMOUS'";
    case EVENT_TYPE.GTID_EVENT: {
      const begin = body[12]! & FL_STANDALONE ? "" : "BEGIN ";
      return `${begin}GTID ${formatMariadbGtid(decodeMariadbGtid(event))}`;
    }
    case EVENT_TYPE.QUERY_EVENT:
      return query(body);
    case EVENT_TYPE.TABLE_MAP_EVENT:
      return tableMap(body);
    case EVENT_TYPE.XID_EVENT:
      return `COMMIT /* xid=${new ByteReader(body).u64("xid")} */`;
    case EVENT_TYPE.ROTATE_EVENT:
      return rotate(body);
    case EVENT_TYPE.BINLOG_CHECKPOINT_EVENT:
    case EVENT_TYPE.ANNOTATE_ROWS_EVENT: {
      const skip = type === EVENT_TYPE.BINLOG_CHECKPOINT_EVENT ? 4 : 0;
      return new TextDecoder().decode(body.subarray(skip, skip + TEXT_MAX));
    }
    case EVENT_TYPE.WRITE_ROWS_EVENT:
    case EVENT_TYPE.UPDATE_ROWS_EVENT:
    case EVENT_TYPE.DELETE_ROWS_EVENT:
    case EVENT_TYPE.WRITE_ROWS_EVENT_V1:
    case EVENT_TYPE.UPDATE_ROWS_EVENT_V1:
    case EVENT_TYPE.DELETE_ROWS_EVENT_V1:
    case EVENT_TYPE.PARTIAL_UPDATE_ROWS_EVENT:
      return rows(body);
    default:
      return "";
  }
}
