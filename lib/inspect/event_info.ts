import { decodeBinlogCheckpointEvent, decodeIncidentEvent } from "../binlog/control_events.ts";
import { EVENT_FLAG, EVENT_HEADER_SIZE, HEADER_OFFSET } from "../binlog/event_header.ts";
import { EVENT_TYPE } from "../binlog/event_type.ts";
import { decodeGtidList } from "../binlog/gtid_event.ts";
import { decodeGtidDetails, decodeTaggedGtidDetails } from "../binlog/gtid_details.ts";
import { decodeMariadbGtidDetails, MARIADB_GTID_FLAG } from "../binlog/mariadb_gtid_details.ts";
import { decodeQueryEvent, unpackStatement } from "../binlog/query_event.ts";
import { decodeQueryStatus, type QueryStatus } from "../binlog/query_status.ts";
import { decodeRotateEvent } from "../binlog/rotate_event.ts";
import { decodeRowsHead, ROWS_FLAG, rowsForm } from "../binlog/rows_event.ts";
import {
  decodeIntvarEvent,
  decodeLoadBlockEvent,
  decodeRandEvent,
  decodeRowsQueryEvent,
} from "../binlog/statement_events.ts";
import { statementText } from "../binlog/statement_text.ts";
import { decodeTableName } from "../binlog/table_map_event.ts";
import {
  decodeTransactionPayloadHead,
  payloadCompressionName,
} from "../binlog/transaction_payload_event.ts";
import { decodeUserVarEvent } from "../binlog/user_var_event.ts";
import { decodeXaPrepareEvent, formatXid } from "../binlog/xa_prepare_event.ts";
import { ByteReader } from "../bytes/byte_reader.ts";
import { decodeGtidSet } from "../gtid/gtid_set_codec.ts";
import { formatMariadbGtid } from "../gtid/mariadb_position.ts";
import { userVariableText } from "./event_user_var.ts";

/** Longest statement that is decoded; what follows is cut off. */
const STATEMENT_MAX = 1024 * 1024;
const SERVER_VERSION_SIZE = 50;

/** Settings of {@link eventInfo}. */
export interface EventInfoOptions {
  /** Bytes of checksum at the end of the event, 0 or 4. */
  checksumSize: number;
  /** Whose notation is used; told from the event types alone where absent. */
  flavour?: "mysql" | "mariadb";
}

/**
 * The Info column of SHOW BINLOG EVENTS for an event: `BEGIN`, `use `d`; INSERT …`,
 * `table_id: 91 (d.t)`, the statement, the XID and so on. Empty for types about which servers say
 * nothing.
 *
 * `event` holds the common header, body and checksum; only the beginning of a large event is needed
 * (32 KiB of it are enough for all but statements, which are then cut off), while its header tells the
 * whole size.
 *
 * @throws {FormatError} where the body can't be read.
 */
export function eventInfo(event: Uint8Array, options: EventInfoOptions): string {
  const view = new DataView(event.buffer, event.byteOffset, event.byteLength);
  const size = view.getUint32(HEADER_OFFSET.eventSize, true);
  const end = Math.min(event.length, size - options.checksumSize);
  const body = event.subarray(EVENT_HEADER_SIZE, end);
  return bodyInfo(event, body, new ByteReader(body), options.flavour ?? "mysql");
}

function bodyInfo(
  event: Uint8Array,
  body: Uint8Array,
  reader: ByteReader,
  flavour: "mysql" | "mariadb",
): string {
  const type = event[HEADER_OFFSET.eventType]!;
  if (rowsForm(type)) return rowsInfo(reader, type);
  switch (type) {
    case EVENT_TYPE.QUERY_EVENT:
    case EVENT_TYPE.QUERY_COMPRESSED_EVENT:
      return queryInfo(reader, event, flavour);
    case EVENT_TYPE.EXECUTE_LOAD_QUERY_EVENT: {
      const query = decodeQueryEvent(reader, "load");
      const text = shownText(query.statement, decodeQueryStatus(query.statusVariables));
      return `${useText(query.database)}${text} ;file_id=${query.load!.fileId}`;
    }
    case EVENT_TYPE.FORMAT_DESCRIPTION_EVENT: {
      const version = reader.u16("binlog_version");
      const server = reader.text(SERVER_VERSION_SIZE, "server_version").replace(/\0.*$/s, "");
      return `Server ver: ${server}, Binlog ver: ${version}`;
    }
    case EVENT_TYPE.ROTATE_EVENT: {
      const { file, position } = decodeRotateEvent(body);
      return `${file};pos=${position}`;
    }
    case EVENT_TYPE.XID_EVENT:
      return `COMMIT /* xid=${reader.u64("xid")} */`;
    case EVENT_TYPE.TABLE_MAP_EVENT: {
      const { tableId, database, table } = decodeTableName(reader);
      return `table_id: ${tableId} (${database}.${table})`;
    }
    case EVENT_TYPE.XA_PREPARE_LOG_EVENT: {
      const { onePhase, xid } = decodeXaPrepareEvent(reader);
      return onePhase ? `XA COMMIT ${formatXid(xid)} ONE PHASE` : `XA PREPARE ${formatXid(xid)}`;
    }
    default:
      return gtidInfo(event, body, reader) ?? helperInfo(type, reader, flavour);
  }
}

function gtidInfo(event: Uint8Array, body: Uint8Array, reader: ByteReader): string | undefined {
  switch (event[HEADER_OFFSET.eventType]) {
    case EVENT_TYPE.GTID_LOG_EVENT: {
      const { uuid, gno } = decodeGtidDetails(reader);
      return `SET @@SESSION.GTID_NEXT= '${uuid}:${gno}'`;
    }
    case EVENT_TYPE.GTID_TAGGED_LOG_EVENT: {
      const { uuid, tag, gno } = decodeTaggedGtidDetails(reader);
      return `SET @@SESSION.GTID_NEXT= '${uuid}:${tag === "" ? "" : `${tag}:`}${gno}'`;
    }
    case EVENT_TYPE.ANONYMOUS_GTID_LOG_EVENT:
      return "SET @@SESSION.GTID_NEXT= 'ANONYMOUS'";
    case EVENT_TYPE.PREVIOUS_GTIDS_LOG_EVENT:
      return decodeGtidSet(body).toString().replaceAll(",", ",\n");
    case EVENT_TYPE.GTID_EVENT: {
      const gtid = decodeMariadbGtidDetails(reader);
      const { sequence, domain, flags, xid } = gtid;
      const serverId = new ByteReader(event, HEADER_OFFSET.serverId).u32("server_id");
      const text = `GTID ${formatMariadbGtid({ domain, serverId, sequence })}`;
      const commit = gtid.commitId === undefined ? "" : ` cid=${gtid.commitId}`;
      if (flags & MARIADB_GTID_FLAG.FL_PREPARED_XA && xid) {
        return `XA START ${formatXid(xid)} ${text}${commit}`;
      }
      return `${flags & MARIADB_GTID_FLAG.FL_STANDALONE ? "" : "BEGIN "}${text}${commit}`;
    }
    case EVENT_TYPE.GTID_LIST_EVENT:
      return `[${decodeGtidList(body).map(formatMariadbGtid).join(", ")}]`;
  }
  return undefined;
}

function helperInfo(type: number, reader: ByteReader, flavour: "mysql" | "mariadb"): string {
  switch (type) {
    case EVENT_TYPE.INTVAR_EVENT: {
      const { variable, value } = decodeIntvarEvent(reader);
      return `${variable}=${value}`;
    }
    case EVENT_TYPE.RAND_EVENT: {
      const { seed1, seed2 } = decodeRandEvent(reader);
      return `rand_seed1=${seed1},rand_seed2=${seed2}`;
    }
    case EVENT_TYPE.USER_VAR_EVENT:
      return userVariableText(decodeUserVarEvent(reader), flavour);
    case EVENT_TYPE.ROWS_QUERY_LOG_EVENT:
      return `# ${shownText(decodeRowsQueryEvent(reader))}`;
    case EVENT_TYPE.ANNOTATE_ROWS_EVENT:
      return shownText(reader.rest());
    case EVENT_TYPE.BINLOG_CHECKPOINT_EVENT:
      return decodeBinlogCheckpointEvent(reader);
    case EVENT_TYPE.TRANSACTION_PAYLOAD_EVENT: {
      const { compression, uncompressedSize } = decodeTransactionPayloadHead(reader);
      return `compression='${
        payloadCompressionName(compression)
      }', decompressed_size=${uncompressedSize} bytes`;
    }
    case EVENT_TYPE.INCIDENT_EVENT: {
      const { incident, name, message } = decodeIncidentEvent(reader);
      return `#${incident} (${name})${message === "" ? "" : `: ${message}`}`;
    }
    case EVENT_TYPE.BEGIN_LOAD_QUERY_EVENT:
    case EVENT_TYPE.APPEND_BLOCK_EVENT: {
      const { fileId, size } = decodeLoadBlockEvent(reader);
      return `;file_id=${fileId};block_len=${size}`;
    }
    case EVENT_TYPE.DELETE_FILE_EVENT:
      return `;file_id=${reader.u32("file_id")}`;
    default:
      return "";
  }
}

function shownText(bytes: Uint8Array, status?: QueryStatus): string {
  return statementText(bytes.subarray(0, STATEMENT_MAX), status);
}

function useText(database: string): string {
  return database === "" ? "" : `use \`${database.replaceAll("`", "``")}\`; `;
}

function queryInfo(
  reader: ByteReader,
  event: Uint8Array,
  flavour: "mysql" | "mariadb",
): string {
  const type = event[HEADER_OFFSET.eventType]!;
  const flags = event[HEADER_OFFSET.flags]!;
  const query = decodeQueryEvent(reader);
  const packed = type === EVENT_TYPE.QUERY_COMPRESSED_EVENT;
  const status = decodeQueryStatus(query.statusVariables);
  const text = shownText(packed ? unpackStatement(query) : query.statement, status);
  const xid = flavour === "mysql" ? status.xid : undefined;
  const use = flags & EVENT_FLAG.LOG_EVENT_SUPPRESS_USE_F ? "" : useText(query.database);
  return `${use}${text}${xid === undefined ? "" : ` /* xid=${xid} */`}`;
}

/** Names of the flags of a row event. */
export function rowsFlagNames(flags: number): string[] {
  return Object.entries(ROWS_FLAG).filter(([, bit]) => flags & bit).map(([name]) => name);
}

function rowsInfo(reader: ByteReader, type: number): string {
  const { tableId, flags } = decodeRowsHead(reader, type);
  const names = rowsFlagNames(flags).join(" ");
  return `table_id: ${tableId}${names === "" ? "" : ` flags: ${names}`}`;
}
