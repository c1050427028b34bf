import { CHECKSUM_SIZE, EVENT_FLAG, EVENT_HEADER_SIZE } from "../binlog/event_header.ts";
import { EVENT_TYPE, eventTypeName } from "../binlog/event_type.ts";
import {
  CHECKSUM_ALGORITHM,
  decodeFormatDescriptionEvent,
} from "../binlog/format_description_event.ts";
import {
  decodeGtid,
  decodeGtidList,
  decodeMariadbGtid,
  decodeTaggedGtid,
  type MysqlGtid,
} from "../binlog/gtid_event.ts";
import { decodeRotateEvent } from "../binlog/rotate_event.ts";
import { ByteReader } from "../bytes/byte_reader.ts";
import { crc32 } from "../bytes/crc32.ts";
import { decodeGtidSet } from "../gtid/gtid_set_codec.ts";
import { formatMariadbGtid } from "../gtid/mariadb_position.ts";
import { SEMI_SYNC_ACK_REQUESTED, SEMI_SYNC_MAGIC } from "../protocol/semi_sync.ts";
import { describeEof, describeErr } from "./describe_response.ts";
import type { FieldReader } from "./field_reader.ts";
import type { Meaning } from "./packet_view.ts";
import type { Session } from "./session.ts";

const UTF8 = new TextDecoder();

function gtidText({ uuid, tag, gno }: MysqlGtid): string {
  return tag === "" ? `${uuid}:${gno}` : `${uuid}:${tag}:${gno}`;
}

function flagText(flags: number): string {
  const names = Object.entries(EVENT_FLAG).filter(([, bit]) => flags & bit)
    .map(([name]) => name.replace(/^LOG_EVENT_|_F$/g, ""));
  return names.length > 0 ? `, flags ${names.join("|")}` : "";
}

/** QUERY_EVENT body: u32 thread, u32 time, u8 schema length, u16 error, u16 variables, …, text. */
function queryText(body: Uint8Array): string {
  const reader = new ByteReader(body, 8);
  const size = reader.u8("schema length");
  reader.skip(2, "error");
  reader.skip(reader.u16("status variables length"), "status variables");
  const schema = reader.text(size, "schema");
  reader.skip(1, "NUL");
  const text = reader.text(reader.remaining, "query");
  return schema === "" ? text : `${text} (in ${schema})`;
}

/** TABLE_MAP_EVENT body: u48 table id, u16 flags, u8 and schema NUL, u8 and table NUL. */
function tableText(body: Uint8Array): string {
  const reader = new ByteReader(body);
  const id = reader.u48("table_id");
  reader.skip(2, "flags");
  const schema = reader.text(reader.u8("schema length"), "schema");
  reader.skip(1, "NUL");
  return `${schema}.${reader.text(reader.u8("table length"), "table")}, table_id ${id}`;
}

/** HEARTBEAT_LOG_EVENT_V2 body: type, length and value: 1 file, 2 position (lenenc), 0 the end. */
function heartbeat2Text(body: Uint8Array): string {
  const reader = new ByteReader(body);
  let file = "";
  let position = 0n;
  while (reader.remaining > 0) {
    const type = reader.u8("type");
    if (type === 0) break;
    const value = reader.take(reader.lenencNumber("length"), "value");
    if (type === 1) file = UTF8.decode(value);
    else if (type === 2) position = new ByteReader(value).lenenc("position");
  }
  return `${file}:${position}`;
}

/** What an event says beyond its header; empty for those that are told by their header alone. */
function bodyText(type: number, event: Uint8Array, body: Uint8Array): string {
  switch (type) {
    case EVENT_TYPE.ROTATE_EVENT: {
      const { file, position } = decodeRotateEvent(body);
      return `${file}:${position}`;
    }
    case EVENT_TYPE.QUERY_EVENT:
      return queryText(body);
    case EVENT_TYPE.ANNOTATE_ROWS_EVENT:
      return UTF8.decode(body);
    case EVENT_TYPE.XID_EVENT:
      return `xid ${new ByteReader(body).u64("xid")}`;
    case EVENT_TYPE.GTID_LOG_EVENT:
      return gtidText(decodeGtid(body));
    case EVENT_TYPE.GTID_TAGGED_LOG_EVENT:
      return gtidText(decodeTaggedGtid(body));
    case EVENT_TYPE.GTID_EVENT:
      return formatMariadbGtid(decodeMariadbGtid(event));
    case EVENT_TYPE.GTID_LIST_EVENT:
      return decodeGtidList(body).map(formatMariadbGtid).join(",") || "(empty)";
    case EVENT_TYPE.PREVIOUS_GTIDS_LOG_EVENT:
      return decodeGtidSet(body).toString() || "(empty)";
    case EVENT_TYPE.TABLE_MAP_EVENT:
      return tableText(body);
    case EVENT_TYPE.HEARTBEAT_LOG_EVENT: {
      // Beyond 4 GiB MariaDB puts a u64 position before the name; a name has no NUL.
      return UTF8.decode(body.includes(0) ? body.subarray(8) : body);
    }
    case EVENT_TYPE.HEARTBEAT_LOG_EVENT_V2:
      return heartbeat2Text(body);
    case EVENT_TYPE.BINLOG_CHECKPOINT_EVENT:
      return UTF8.decode(body.subarray(4));
  }
  return "";
}

/** Reads the packets of one binlog stream, the answer to a dump command. */
export class EventDescriber {
  #first = true;
  /** Every packet has the semi-sync header; decided by the first one, whose timestamp is 0. */
  #semiSync = false;
  /** Bytes of checksum at the end of events; known from the first one on. */
  #checksumSize = 0;
  /** The last packet asked for an ACK: the source begins its sequence ids again at 1. */
  ackRequested = false;

  /** Meaning of a packet of the stream, and whether the stream ends with it. */
  describe(reader: FieldReader, session: Session): { meaning: Meaning; done: boolean } {
    this.ackRequested = false;
    const head = reader.peek();
    if (head === 0xff) return { meaning: describeErr(reader), done: true };
    if (head === 0xfe && reader.total < 9) {
      const meaning = describeEof(reader, session);
      return { meaning: { ...meaning, text: "EOF, end of the binlog stream" }, done: true };
    }
    reader.u8("header");
    let prefix = "";
    if (this.#first) {
      this.#semiSync = reader.peek() === SEMI_SYNC_MAGIC;
      prefix = "";
    }
    if (this.#semiSync) {
      reader.u8("semi_sync_magic");
      this.ackRequested = (reader.u8("semi_sync_flag") & SEMI_SYNC_ACK_REQUESTED) !== 0;
      prefix = this.ackRequested ? "[semi-sync, ACK requested] " : "[semi-sync] ";
    }
    const meaning = this.#event(reader, prefix);
    this.#first = false;
    return { meaning, done: false };
  }

  #event(reader: FieldReader, prefix: string): Meaning {
    const start = reader.offset;
    const timestamp = reader.u32("timestamp");
    const type = reader.u8("event_type");
    const name = eventTypeName(type);
    reader.show(name);
    const serverId = reader.u32("server_id");
    const size = reader.u32("event_size");
    const logPos = reader.u32("log_pos");
    const flags = reader.u16("flags");
    const whole = reader.bytes.length >= start + size;
    const event = reader.bytes.subarray(start, start + size);
    const info = this.#info(type, event, whole);
    if (reader.remaining > 0) {
      reader.take(
        Math.max(0, reader.remaining - (whole ? this.#checksumSize : 0)),
        "body",
      );
      if (reader.remaining > 0) reader.take(reader.remaining, "checksum");
    }
    const time = timestamp === 0
      ? ""
      : `, ${new Date(timestamp * 1000).toISOString().slice(0, 19).replace("T", " ")}`;
    const header = `size ${size}, log_pos ${logPos}, server_id ${serverId}${time}`;
    const text = `${prefix}${name}${info === "" ? "" : ` ${info}`} (${header}${flagText(flags)})`;
    return { kind: "event", text };
  }

  /** Reads a body; what can't be read, or is not all at hand, is told by its header only. */
  #info(type: number, event: Uint8Array, whole: boolean): string {
    if (!whole) return "";
    try {
      if (type === EVENT_TYPE.FORMAT_DESCRIPTION_EVENT) return this.#format(event);
      if (this.#first) this.#checksumSize = endsWithCrc(event) ? CHECKSUM_SIZE : 0;
      const body = event.subarray(EVENT_HEADER_SIZE, event.length - this.#checksumSize);
      return bodyText(type, event, body);
    } catch {
      return "(its body can't be read)";
    }
  }

  #format(event: Uint8Array): string {
    const format = decodeFormatDescriptionEvent(event.subarray(EVENT_HEADER_SIZE));
    const crc = format.checksumAlgorithm === CHECKSUM_ALGORITHM.CRC32;
    this.#checksumSize = crc ? CHECKSUM_SIZE : 0;
    return `server ${format.serverVersion}, ${crc ? "checksums CRC32" : "no checksums"}`;
  }
}

/** Whether the last four bytes are the CRC of the others: a first rotate event may have none. */
function endsWithCrc(event: Uint8Array): boolean {
  const end = event.length - CHECKSUM_SIZE;
  if (end < EVENT_HEADER_SIZE) return false;
  const stored = new DataView(event.buffer, event.byteOffset + end, CHECKSUM_SIZE);
  return crc32(event.subarray(0, end)) === stored.getUint32(0, true);
}
