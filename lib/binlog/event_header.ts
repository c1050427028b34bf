import type { ByteReader } from "../bytes/byte_reader.ts";
import type { ByteWriter } from "../bytes/byte_writer.ts";

/** Size of the common header of every event of binlog version 4. */
export const EVENT_HEADER_SIZE = 19;

/** Size of the CRC32 footer where the file has checksums. */
export const CHECKSUM_SIZE = 4;

/** Bytes before the first event: fe 62 69 6e. */
export const BINLOG_MAGIC: Uint8Array<ArrayBuffer> = Uint8Array.of(0xfe, 0x62, 0x69, 0x6e);

/** Offsets inside the common header. */
export const HEADER_OFFSET = {
  timestamp: 0,
  eventType: 4,
  serverId: 5,
  eventSize: 9,
  logPos: 13,
  flags: 17,
} as const;

/** Event header flags, in MySQL's spelling (log_event.h). */
export const EVENT_FLAG = {
  LOG_EVENT_BINLOG_IN_USE_F: 0x1,
  LOG_EVENT_THREAD_SPECIFIC_F: 0x4,
  LOG_EVENT_SUPPRESS_USE_F: 0x8,
  LOG_EVENT_ARTIFICIAL_F: 0x20,
  LOG_EVENT_RELAY_LOG_F: 0x40,
  LOG_EVENT_IGNORABLE_F: 0x80,
  LOG_EVENT_NO_FILTER_F: 0x100,
  LOG_EVENT_MTS_ISOLATE_F: 0x200,
  /** MariaDB only. */
  LOG_EVENT_SKIP_REPLICATION_F: 0x8000,
} as const;

/**
 * Common event header, 19 bytes, little-endian:
 *
 *     0  u32 timestamp    seconds since 1970
 *     4  u8  type
 *     5  u32 server_id    of the server that first logged it
 *     9  u32 event_size   header and checksum included
 *    13  u32 log_pos      END of the event in the source's file, modulo 2^32; 0 when artificial
 *    17  u16 flags
 */
export interface EventHeader {
  timestamp: number;
  eventType: number;
  serverId: number;
  eventSize: number;
  logPos: number;
  flags: number;
}

/** Reads a common header. Throws the reader's error where fewer than 19 bytes are left. */
export function decodeEventHeader(reader: ByteReader): EventHeader {
  return {
    timestamp: reader.u32("timestamp"),
    eventType: reader.u8("event_type"),
    serverId: reader.u32("server_id"),
    eventSize: reader.u32("event_size"),
    logPos: reader.u32("log_pos"),
    flags: reader.u16("flags"),
  };
}

/** Writes a common header. */
export function encodeEventHeader(writer: ByteWriter, header: EventHeader): void {
  writer
    .u32(header.timestamp)
    .u8(header.eventType)
    .u32(header.serverId)
    .u32(header.eventSize)
    .u32(header.logPos)
    .u16(header.flags);
}
