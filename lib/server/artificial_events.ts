import { ByteWriter } from "../bytes/byte_writer.ts";
import { crc32 } from "../bytes/crc32.ts";
import {
  CHECKSUM_SIZE,
  encodeEventHeader,
  EVENT_FLAG,
  EVENT_HEADER_SIZE,
  HEADER_OFFSET,
} from "../binlog/event_header.ts";
import { EVENT_TYPE } from "../binlog/event_type.ts";
import { encodeRotateEvent } from "../binlog/rotate_event.ts";
import type { MariadbGtid } from "../gtid/mariadb_position.ts";

/** What an event that a source makes up needs to know of its surroundings. */
export interface ArtificialContext {
  /** server_id of the serving store. */
  serverId: number;
  /** Whether the reader expects a CRC32 at the end. */
  checksum: boolean;
}

const POSITION_MAX = 0xffff_ffff;
/** Offset of the created field in a whole format description event. */
const CREATED_OFFSET = EVENT_HEADER_SIZE + 52;

function makeEvent(
  context: ArtificialContext,
  header: { eventType: number; logPos: number; flags: number },
  body: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const eventSize = EVENT_HEADER_SIZE + body.length + (context.checksum ? CHECKSUM_SIZE : 0);
  const writer = new ByteWriter(eventSize);
  encodeEventHeader(writer, { timestamp: 0, serverId: context.serverId, eventSize, ...header });
  writer.bytes(body);
  if (context.checksum) writer.u32(crc32(writer.done()));
  return writer.done();
}

/** The ROTATE_EVENT that begins each file of a stream: timestamp 0, flag artificial, log_pos 0. */
export function artificialRotate(
  context: ArtificialContext,
  file: string,
  position: number,
): Uint8Array<ArrayBuffer> {
  const header = {
    eventType: EVENT_TYPE.ROTATE_EVENT,
    logPos: 0,
    flags: EVENT_FLAG.LOG_EVENT_ARTIFICIAL_F,
  };
  return makeEvent(context, header, encodeRotateEvent({ file, position }));
}

/** Kinds of heartbeat: version 2 for MySQL from 8.0.28 on, where the replica asks for it. */
export type HeartbeatKind = "v1" | "v2" | "mariadb";

/**
 * A heartbeat: says that everything before `position` was sent or left out. Version 1 has the low 32
 * bits of it in log_pos and the file name as body. Version 2 (sql/rpl_binlog_sender.cc) has both in
 * its body, as type, length, value: 1 name, 2 position as length-encoded integer, 0 end. MariaDB
 * puts a position beyond 4 GiB in front of the name, with log_pos 0.
 */
export function heartbeatEvent(
  context: ArtificialContext,
  kind: HeartbeatKind,
  file: string,
  position: number,
): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter();
  let logPos = position % (POSITION_MAX + 1);
  if (kind === "v2") {
    const value = new ByteWriter().lenenc(position).done();
    writer.u8(1).textLenenc(file).u8(2).bytesLenenc(value).u8(0);
  } else {
    if (kind === "mariadb" && position > POSITION_MAX) {
      logPos = 0;
      writer.u64(position);
    }
    writer.text(file);
  }
  const eventType = kind === "v2"
    ? EVENT_TYPE.HEARTBEAT_LOG_EVENT_V2
    : EVENT_TYPE.HEARTBEAT_LOG_EVENT;
  return makeEvent(context, { eventType, logPos, flags: 0 }, writer.done());
}

/** Bit of the count in a GTID_LIST_EVENT: the replica's UNTIL position is reached. */
export const GTID_LIST_UNTIL_REACHED = 0x1000_0000;

/** MariaDB's artificial GTID_LIST_EVENT, which moves the replica's position on to `position`. */
export function artificialGtidList(
  context: ArtificialContext,
  list: readonly MariadbGtid[],
  position: number,
  bits = 0,
): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter().u32((list.length | bits) >>> 0);
  for (const gtid of list) writer.u32(gtid.domain).u32(gtid.serverId).u64(gtid.sequence);
  if (list.length === 0) writer.zeros(2);
  const header = {
    eventType: EVENT_TYPE.GTID_LIST_EVENT,
    logPos: position % (POSITION_MAX + 1),
    flags: EVENT_FLAG.LOG_EVENT_ARTIFICIAL_F,
  };
  return makeEvent(context, header, writer.done());
}

/**
 * A file's format description as it is sent: in-use flag cleared, which its CRC takes for granted;
 * `clearCreated`: created 0, so that the replica keeps its temporary tables; `clearPosition`: log_pos
 * 0 as well, since the stream does not go on behind it.
 */
export function formatDescriptionToSend(
  stored: Uint8Array,
  change: { clearCreated: boolean; clearPosition: boolean; hasCrc: boolean },
): Uint8Array<ArrayBuffer> {
  const event = stored.slice();
  const view = new DataView(event.buffer);
  event[HEADER_OFFSET.flags]! &= ~EVENT_FLAG.LOG_EVENT_BINLOG_IN_USE_F;
  if (!change.clearCreated && !change.clearPosition) return event;
  view.setUint32(CREATED_OFFSET, 0, true);
  if (change.clearPosition) view.setUint32(HEADER_OFFSET.logPos, 0, true);
  if (change.hasCrc) {
    const end = event.length - CHECKSUM_SIZE;
    view.setUint32(end, crc32(event.subarray(0, end)), true);
  }
  return event;
}
