import { ByteReader } from "../bytes/byte_reader.ts";
import { ByteWriter } from "../bytes/byte_writer.ts";
import { ProtocolError } from "../errors.ts";
import { COMMAND } from "./commands.ts";

/** Flags of a dump request. Bit 0x2 means different things to MySQL and MariaDB. */
export const DUMP_FLAG = {
  /** End the stream with an EOF packet at the end of the newest file. */
  BINLOG_DUMP_NON_BLOCK: 0x1,
  /** MySQL 8.0.28 and later: heartbeats of version 2. */
  USE_HEARTBEAT_EVENT_V2: 0x2,
  /** MariaDB: send ANNOTATE_ROWS events; without it positions do not add up. */
  BINLOG_SEND_ANNOTATE_ROWS_EVENT: 0x2,
} as const;

/** COM_BINLOG_DUMP: 12, u32 position, u16 flags, u32 server_id, file name to the end. */
export interface BinlogDump {
  position: number;
  flags: number;
  serverId: number;
  /** Empty: the oldest file there is. */
  file: string;
}

/**
 * COM_BINLOG_DUMP_GTID (MySQL): 1e, u16 flags, u32 server_id, u32 name length, name, u64 position,
 * u32 set length, GTID set. With a name, a 64-bit position and an empty set (eight zero bytes) it is
 * a plain request that can begin beyond 4 GiB.
 */
export interface BinlogDumpGtid extends BinlogDump {
  gtidSet: Uint8Array;
}

/** An encoded GTID set without members. */
export const EMPTY_GTID_SET: Uint8Array<ArrayBuffer> = new Uint8Array(8);

function protocolError(message: string, field: string): Error {
  return new ProtocolError(message, { field });
}

/** Writes COM_BINLOG_DUMP. */
export function encodeBinlogDump(dump: BinlogDump): Uint8Array<ArrayBuffer> {
  return new ByteWriter().u8(COMMAND.COM_BINLOG_DUMP).u32(dump.position).u16(dump.flags)
    .u32(dump.serverId).text(dump.file).done();
}

/** Reads COM_BINLOG_DUMP; the name is cut at a NUL, which some clients append. */
export function decodeBinlogDump(payload: Uint8Array): BinlogDump {
  const reader = new ByteReader(payload, 1, protocolError);
  const position = reader.u32("position");
  const flags = reader.u16("flags");
  const serverId = reader.u32("server_id");
  const file = reader.text(reader.remaining, "file").replace(/\0.*$/s, "");
  return { position, flags, serverId, file };
}

/** Writes COM_BINLOG_DUMP_GTID. */
export function encodeBinlogDumpGtid(dump: BinlogDumpGtid): Uint8Array<ArrayBuffer> {
  const file = new TextEncoder().encode(dump.file);
  return new ByteWriter().u8(COMMAND.COM_BINLOG_DUMP_GTID).u16(dump.flags).u32(dump.serverId)
    .u32(file.length).bytes(file).u64(dump.position).u32(dump.gtidSet.length)
    .bytes(dump.gtidSet).done();
}

/** Reads COM_BINLOG_DUMP_GTID. */
export function decodeBinlogDumpGtid(payload: Uint8Array): BinlogDumpGtid {
  const reader = new ByteReader(payload, 1, protocolError);
  const flags = reader.u16("flags");
  const serverId = reader.u32("server_id");
  const file = reader.text(reader.u32("file length"), "file").replace(/\0.*$/s, "");
  const position = reader.u64Number("position");
  const gtidSet = reader.remaining > 0
    ? reader.take(reader.u32("GTID set length"), "GTID set")
    : EMPTY_GTID_SET;
  return { position, flags, serverId, file, gtidSet };
}
