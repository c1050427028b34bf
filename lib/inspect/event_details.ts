import { EVENT_FLAG, EVENT_HEADER_SIZE } from "../binlog/event_header.ts";
import { EVENT_TYPE } from "../binlog/event_type.ts";
import {
  CHECKSUM_ALGORITHM,
  decodeFormatDescriptionEvent,
  isMariadbVersion,
} from "../binlog/format_description_event.ts";
import {
  decodeGtidDetails,
  decodeTaggedGtidDetails,
  type GtidDetails,
} from "../binlog/gtid_details.ts";
import {
  decodeMariadbGtidDetails,
  MARIADB_GTID_EXTRA_FLAG,
  MARIADB_GTID_FLAG,
} from "../binlog/mariadb_gtid_details.ts";
import {
  decodeHeartbeatEvent,
  decodeHeartbeatV2Event,
  decodeStartEncryptionEvent,
} from "../binlog/control_events.ts";
import { decodeTableName } from "../binlog/table_map_event.ts";
import { formatXid } from "../binlog/xa_prepare_event.ts";
import { ByteReader } from "../bytes/byte_reader.ts";
import { decodeGtidSet } from "../gtid/gtid_set_codec.ts";
import { formatMariadbGtid } from "../gtid/mariadb_position.ts";
import { eventInfo } from "./event_info.ts";
import type { EventView } from "./event_view.ts";

/** So much of a statement or GTID set is shown in a line. */
const SHOWN_MAX = 100;
/** Bytes of an unknown event that are shown. */
const BYTES_SHOWN = 32;

/** One line of text, cut where it is too long. */
export function shorten(text: string, max: number = SHOWN_MAX): string {
  const line = text.slice(0, 4 * max).replace(/\s+/g, " ").trim();
  return line.length > max ? `${line.slice(0, max)}…` : line;
}

/**
 * What matters in an event, in one line: its GTID with what it may run in parallel with, its statement,
 * table, XID, next file and so on. Row events say less here, as their rows have to be read.
 *
 * @throws {FormatError} where the body can't be read.
 */
export function eventDetails(event: EventView, flavour: "mysql" | "mariadb"): string {
  const { head } = event;
  const end = Math.min(head.length, event.eventSize - event.checksumSize);
  const body = head.subarray(EVENT_HEADER_SIZE, end);
  const reader = new ByteReader(body);
  switch (event.eventType) {
    case EVENT_TYPE.FORMAT_DESCRIPTION_EVENT:
      return formatText(event);
    case EVENT_TYPE.GTID_LOG_EVENT:
      return gtidText(decodeGtidDetails(reader));
    case EVENT_TYPE.GTID_TAGGED_LOG_EVENT:
      return gtidText(decodeTaggedGtidDetails(reader));
    case EVENT_TYPE.ANONYMOUS_GTID_LOG_EVENT:
      return gtidText(decodeGtidDetails(reader), "ANONYMOUS");
    case EVENT_TYPE.GTID_EVENT:
      return mariadbGtidText(event, reader);
    case EVENT_TYPE.PREVIOUS_GTIDS_LOG_EVENT:
      return event.whole ? shorten(decodeGtidSet(body).toString() || "(empty)") : "(a large set)";
    case EVENT_TYPE.TABLE_MAP_EVENT: {
      const { tableId, database, table } = decodeTableName(reader);
      return `${database}.${table}  table_id=${tableId}`;
    }
    case EVENT_TYPE.XID_EVENT:
      return `xid=${reader.u64("xid")}`;
    case EVENT_TYPE.HEARTBEAT_LOG_EVENT:
    case EVENT_TYPE.HEARTBEAT_LOG_EVENT_V2: {
      const { file, position } = event.eventType === EVENT_TYPE.HEARTBEAT_LOG_EVENT
        ? decodeHeartbeatEvent(reader)
        : decodeHeartbeatV2Event(reader);
      return `${file}:${position ?? event.logPos}`;
    }
    case EVENT_TYPE.START_ENCRYPTION_EVENT: {
      const { scheme, keyVersion } = decodeStartEncryptionEvent(reader);
      return `scheme=${scheme} key_version=${keyVersion}`;
    }
    default: {
      const info = shorten(eventInfo(head, { checksumSize: event.checksumSize, flavour }));
      return info === "" && isUnknown(event.eventType) ? bytesText(body, event) : info;
    }
  }
}

const KNOWN = new Set<number>(Object.values(EVENT_TYPE));

function isUnknown(type: number): boolean {
  return !KNOWN.has(type) || type === EVENT_TYPE.UNKNOWN_EVENT;
}

function bytesText(body: Uint8Array, event: EventView): string {
  const hex = Array.from(
    body.subarray(0, BYTES_SHOWN),
    (byte) => byte.toString(16).padStart(2, "0"),
  );
  const size = event.eventSize - EVENT_HEADER_SIZE - event.checksumSize;
  return `unknown type, ${size} bytes: ${hex.join(" ")}${size > BYTES_SHOWN ? " …" : ""}`;
}

function formatText(event: EventView): string {
  const format = decodeFormatDescriptionEvent(event.head.subarray(EVENT_HEADER_SIZE));
  const version = format.serverVersion;
  const parts = [
    isMariadbVersion(version) ? version : `MySQL ${version}`,
    `binlog ${format.binlogVersion}`,
    format.checksumAlgorithm === CHECKSUM_ALGORITHM.CRC32 ? "CRC32" : "no checksums",
  ];
  if (format.created !== 0) parts.push("server start");
  if (event.flags & EVENT_FLAG.LOG_EVENT_BINLOG_IN_USE_F) parts.push("in use");
  if (event.flags & EVENT_FLAG.LOG_EVENT_RELAY_LOG_F) parts.push("relay log");
  return parts.join(", ");
}

function gtidText(details: GtidDetails, name?: string): string {
  const { uuid, tag, gno, lastCommitted, sequenceNumber, transactionLength } = details;
  const parts = [name ?? `${uuid}:${tag === "" ? "" : `${tag}:`}${gno}`];
  if (lastCommitted !== undefined) {
    parts.push(`last_committed=${lastCommitted} sequence_number=${sequenceNumber}`);
  }
  if (transactionLength !== undefined) parts.push(`transaction_length=${transactionLength}`);
  return parts.join("  ");
}

function names(bits: Readonly<Record<string, number>>, flags: number): string[] {
  return Object.entries(bits).filter(([, bit]) => flags & bit)
    .map(([name]) => name.replace(/^FL_(EXTRA_)?/, "").toLowerCase());
}

function mariadbGtidText(event: EventView, reader: ByteReader): string {
  const details = decodeMariadbGtidDetails(reader);
  const { domain, sequence, flags } = details;
  const parts = [formatMariadbGtid({ domain, sequence, serverId: event.serverId })];
  const flagNames = [
    ...names(MARIADB_GTID_FLAG, flags),
    ...names(MARIADB_GTID_EXTRA_FLAG, (details.flagsExtra ?? 0) & ~0x10),
  ];
  if (flagNames.length > 0) parts.push(flagNames.join(","));
  if (details.commitId !== undefined) parts.push(`cid=${details.commitId}`);
  if (details.xid) parts.push(formatXid(details.xid));
  if (details.threadId !== undefined) parts.push(`thread_id=${details.threadId}`);
  return parts.join("  ");
}
