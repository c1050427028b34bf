import {
  decodeBinlogCheckpointEvent,
  decodeHeartbeatEvent,
  decodeHeartbeatV2Event,
  decodeIncidentEvent,
  decodeStartEncryptionEvent,
} from "../binlog/control_events.ts";
import { EVENT_HEADER_SIZE } from "../binlog/event_header.ts";
import { EVENT_TYPE } from "../binlog/event_type.ts";
import { decodeFormatDescriptionEvent } from "../binlog/format_description_event.ts";
import {
  decodeTransactionContextEvent,
  decodeViewChangeEvent,
} from "../binlog/group_replication_events.ts";
import { decodeGtidList } from "../binlog/gtid_event.ts";
import { decodeGtidDetails, decodeTaggedGtidDetails } from "../binlog/gtid_details.ts";
import { decodeMariadbGtidDetails, type Xid } from "../binlog/mariadb_gtid_details.ts";
import { decodeQueryEvent, unpackStatement } from "../binlog/query_event.ts";
import { decodeQueryStatus, type QueryStatus } from "../binlog/query_status.ts";
import { rowsForm } from "../binlog/rows_event.ts";
import {
  decodeIntvarEvent,
  decodeLoadBlockEvent,
  decodeRandEvent,
  decodeRowsQueryEvent,
} from "../binlog/statement_events.ts";
import { statementText } from "../binlog/statement_text.ts";
import {
  decodeTransactionPayloadHead,
  payloadCompressionName,
} from "../binlog/transaction_payload_event.ts";
import { decodeUserVarEvent } from "../binlog/user_var_event.ts";
import { decodeXaPrepareEvent, formatXid } from "../binlog/xa_prepare_event.ts";
import type { ByteReader } from "../bytes/byte_reader.ts";
import { decodeGtidSet } from "../gtid/gtid_set_codec.ts";
import { formatMariadbGtid } from "../gtid/mariadb_position.ts";
import { tableFields } from "./event_table_fields.ts";
import type { EventView } from "./event_view.ts";
import { userVariableValue } from "./event_user_var.ts";

/** Decoded fields of an event by name; 64-bit numbers are bigint, bytes Uint8Array. */
export type EventFields = Record<string, unknown>;

function statement(bytes: Uint8Array, whole: boolean, status?: QueryStatus): EventFields {
  return { query: statementText(bytes, status), ...(whole ? {} : { query_cut_off: true }) };
}

function xidFields(xid: Xid): EventFields {
  return { xid: formatXid(xid), ...xid };
}

/**
 * All fields of an event's body but the rows of row events, whose head is left to who reads the rows. Of an
 * event that is not at hand whole, statements and loaded files are cut off. `reader` stands behind the common
 * header; through it a caller learns where each field lies.
 *
 * @throws {FormatError} where the body can't be read.
 */
export function eventFields(
  event: EventView,
  reader: ByteReader,
  flavour: "mysql" | "mariadb",
): EventFields {
  const { whole } = event;
  switch (event.eventType) {
    case EVENT_TYPE.QUERY_EVENT:
      return queryFields(reader, "plain", whole);
    case EVENT_TYPE.QUERY_COMPRESSED_EVENT:
      return queryFields(reader, "packed", whole);
    case EVENT_TYPE.EXECUTE_LOAD_QUERY_EVENT:
      return queryFields(reader, "load", whole);
    case EVENT_TYPE.ROWS_QUERY_LOG_EVENT:
      return statement(decodeRowsQueryEvent(reader), whole);
    case EVENT_TYPE.ANNOTATE_ROWS_EVENT:
      return statement(reader.take(reader.remaining, "statement"), whole);
    case EVENT_TYPE.INTVAR_EVENT:
      return { ...decodeIntvarEvent(reader) };
    case EVENT_TYPE.RAND_EVENT:
      return { ...decodeRandEvent(reader) };
    case EVENT_TYPE.USER_VAR_EVENT: {
      const variable = decodeUserVarEvent(reader);
      return {
        name: variable.name,
        value: userVariableValue(variable, flavour),
        ...(variable.value ? { collation: variable.value.collation } : {}),
      };
    }
    case EVENT_TYPE.BEGIN_LOAD_QUERY_EVENT:
    case EVENT_TYPE.APPEND_BLOCK_EVENT:
    case EVENT_TYPE.DELETE_FILE_EVENT:
      return { ...decodeLoadBlockEvent(reader) };
    case EVENT_TYPE.TABLE_MAP_EVENT:
      return tableFields(reader);
    default:
      return controlFields(event, reader) ?? gtidFields(event, reader) ??
        otherFields(event, reader);
  }
}

function queryFields(
  reader: ByteReader,
  form: "plain" | "load" | "packed",
  whole: boolean,
): EventFields {
  const query = decodeQueryEvent(reader, form === "load" ? "load" : "plain");
  const { threadId, executionTime, errorCode, database, statusVariables, load } = query;
  const text = form === "packed" ? unpackStatement(query) : query.statement;
  const status = decodeQueryStatus(statusVariables);
  return {
    threadId,
    executionTime,
    errorCode,
    database,
    status,
    ...(load ?? {}),
    ...statement(text, whole, status),
  };
}

function controlFields(event: EventView, reader: ByteReader): EventFields | undefined {
  switch (event.eventType) {
    case EVENT_TYPE.FORMAT_DESCRIPTION_EVENT:
      return formatFields(event, reader);
    case EVENT_TYPE.ROTATE_EVENT:
      return {
        nextPosition: reader.u64("position"),
        nextFile: reader.text(reader.remaining, "file_name"),
      };
    case EVENT_TYPE.XID_EVENT:
      return { xid: reader.u64("xid") };
    case EVENT_TYPE.STOP_EVENT:
      return {};
    case EVENT_TYPE.HEARTBEAT_LOG_EVENT:
      return { ...decodeHeartbeatEvent(reader) };
    case EVENT_TYPE.HEARTBEAT_LOG_EVENT_V2:
      return { ...decodeHeartbeatV2Event(reader) };
    case EVENT_TYPE.INCIDENT_EVENT:
      return { ...decodeIncidentEvent(reader) };
    case EVENT_TYPE.BINLOG_CHECKPOINT_EVENT:
      return { oldestFile: decodeBinlogCheckpointEvent(reader) };
    case EVENT_TYPE.START_ENCRYPTION_EVENT:
      return { ...decodeStartEncryptionEvent(reader) };
    case EVENT_TYPE.TRANSACTION_CONTEXT_EVENT:
      return { ...decodeTransactionContextEvent(reader) };
    case EVENT_TYPE.VIEW_CHANGE_EVENT:
      return { ...decodeViewChangeEvent(reader) };
  }
  return undefined;
}

function formatFields(event: EventView, reader: ByteReader): EventFields {
  const body = event.head.subarray(EVENT_HEADER_SIZE);
  const format = decodeFormatDescriptionEvent(body);
  reader.u16("binlog_version");
  reader.skip(50, "server_version");
  reader.u32("created");
  reader.u8("header_length");
  reader.skip(format.postHeaderLengths.length, "post_header_lengths");
  if (format.checksumAlgorithm !== undefined) reader.u8("checksum_algorithm");
  return {
    binlogVersion: format.binlogVersion,
    serverVersion: format.serverVersion,
    created: format.created,
    headerLength: format.headerLength,
    postHeaderLengths: [...format.postHeaderLengths],
    checksumAlgorithm: format.checksumAlgorithm ?? null,
  };
}

function gtidFields(event: EventView, reader: ByteReader): EventFields | undefined {
  switch (event.eventType) {
    case EVENT_TYPE.GTID_LOG_EVENT:
    case EVENT_TYPE.GTID_TAGGED_LOG_EVENT: {
      const details = event.eventType === EVENT_TYPE.GTID_LOG_EVENT
        ? decodeGtidDetails(reader)
        : decodeTaggedGtidDetails(reader);
      const { uuid, tag, gno } = details;
      return { gtid: `${uuid}:${tag === "" ? "" : `${tag}:`}${gno}`, ...details };
    }
    case EVENT_TYPE.ANONYMOUS_GTID_LOG_EVENT:
      return { gtid: null, ...decodeGtidDetails(reader) };
    case EVENT_TYPE.PREVIOUS_GTIDS_LOG_EVENT:
      return { gtidSet: decodeGtidSet(reader.take(reader.remaining, "gtid_set")).toString() };
    case EVENT_TYPE.GTID_EVENT: {
      const { xid, ...details } = decodeMariadbGtidDetails(reader);
      const { domain, sequence } = details;
      const gtid = formatMariadbGtid({ domain, sequence, serverId: event.serverId });
      return { gtid, ...details, ...(xid ? xidFields(xid) : {}) };
    }
    case EVENT_TYPE.GTID_LIST_EVENT: {
      const list = decodeGtidList(reader.take(reader.remaining, "gtid_list"));
      return { gtids: list.map(formatMariadbGtid) };
    }
  }
  return undefined;
}

function otherFields(event: EventView, reader: ByteReader): EventFields {
  switch (event.eventType) {
    case EVENT_TYPE.XA_PREPARE_LOG_EVENT: {
      const { onePhase, xid } = decodeXaPrepareEvent(reader);
      return { onePhase, ...xidFields(xid) };
    }
    case EVENT_TYPE.TRANSACTION_PAYLOAD_EVENT: {
      const { compression, size, uncompressedSize } = decodeTransactionPayloadHead(reader);
      const fields = {
        compression: payloadCompressionName(compression),
        payloadSize: size,
        uncompressedSize,
      };
      reader.skip(reader.remaining, "payload");
      return fields;
    }
  }
  if (rowsForm(event.eventType)) return {};
  return { body: reader.take(reader.remaining, "body") };
}
