import type { ByteReader } from "../bytes/byte_reader.ts";
import { ByteWriter } from "../bytes/byte_writer.ts";
import { formatUuid, uuidBytes } from "../gtid/uuid.ts";
import { readVarInt, readVarUint } from "./gtid_event.ts";

/** Bit 0 of the flags: the transaction may hold statements. */
const MAY_HAVE_STATEMENTS = 1;
/** What stands before the logical timestamps. */
const LOGICAL_TIMESTAMP = 2;
const HAS_ORIGINAL_TIME = 1n << 55n;
const HAS_ORIGINAL_VERSION = 0x8000_0000;
const UUID_SIZE = 16;

/**
 * GTID_LOG_EVENT and ANONYMOUS_GTID_LOG_EVENT body:
 *
 *     0   u8   flags
 *     1   16   UUID, 17 i64 number: zeros where anonymous; 5.6 ends here
 *     25  u8   2, then i64 last_committed, i64 sequence_number (5.7)
 *     42  u56  time of commit here, microseconds; with bit 55 another, the original one (8.0.1)
 *         lenenc  bytes of the whole transaction in the file (8.0.2)
 *         u32  version of the server here; with bit 31 another, the original one (8.0.14)
 *         u64  commit group ticket
 */
export interface GtidDetails {
  flags: number;
  mayHaveStatements: boolean;
  uuid: string;
  tag: string;
  gno: bigint;
  lastCommitted?: bigint;
  sequenceNumber?: bigint;
  /** Microseconds since 1970. */
  immediateCommitTime?: bigint;
  originalCommitTime?: bigint;
  transactionLength?: bigint;
  /** Such as 90704. */
  immediateServerVersion?: number;
  originalServerVersion?: number;
  commitGroupTicket?: bigint;
}

/** Reads the body of a GTID_LOG_EVENT or ANONYMOUS_GTID_LOG_EVENT. */
export function decodeGtidDetails(reader: ByteReader): GtidDetails {
  const flags = reader.u8("gtid_flags");
  const details: GtidDetails = {
    flags,
    mayHaveStatements: (flags & MAY_HAVE_STATEMENTS) !== 0,
    uuid: formatUuid(reader.take(UUID_SIZE, "uuid")),
    tag: "",
    gno: reader.i64("gno"),
  };
  if (reader.remaining < 17) return details;
  if (reader.u8("logical_timestamp_type") !== LOGICAL_TIMESTAMP) return details;
  details.lastCommitted = reader.i64("last_committed");
  details.sequenceNumber = reader.i64("sequence_number");
  if (reader.remaining < 7) return details;
  const time = reader.u56("immediate_commit_time");
  details.immediateCommitTime = time & ~HAS_ORIGINAL_TIME;
  details.originalCommitTime = time & HAS_ORIGINAL_TIME
    ? reader.u56("original_commit_time")
    : details.immediateCommitTime;
  if (reader.remaining < 1) return details;
  details.transactionLength = reader.lenenc("transaction_length");
  if (reader.remaining < 4) return details;
  const version = reader.u32("immediate_server_version");
  details.immediateServerVersion = version & ~HAS_ORIGINAL_VERSION;
  details.originalServerVersion = version & HAS_ORIGINAL_VERSION
    ? reader.u32("original_server_version")
    : details.immediateServerVersion;
  if (reader.remaining >= 8) details.commitGroupTicket = reader.u64("commit_group_ticket");
  return details;
}

/** Writes the body of a GTID_LOG_EVENT or ANONYMOUS_GTID_LOG_EVENT. */
export function encodeGtidDetails(details: GtidDetails): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(80).u8(details.flags).bytes(uuidBytes(details.uuid))
    .i64(details.gno);
  if (details.lastCommitted === undefined) return writer.done();
  writer.u8(LOGICAL_TIMESTAMP).i64(details.lastCommitted).i64(details.sequenceNumber ?? 0n);
  const time = details.immediateCommitTime;
  if (time === undefined) return writer.done();
  const original = details.originalCommitTime ?? time;
  writeU56(writer, original === time ? time : time | HAS_ORIGINAL_TIME);
  if (original !== time) writeU56(writer, original);
  if (details.transactionLength === undefined) return writer.done();
  writer.lenenc(details.transactionLength);
  const version = details.immediateServerVersion;
  if (version === undefined) return writer.done();
  const first = details.originalServerVersion ?? version;
  writer.u32(first === version ? version : (version | HAS_ORIGINAL_VERSION) >>> 0);
  if (first !== version) writer.u32(first);
  if (details.commitGroupTicket !== undefined) writer.u64(details.commitGroupTicket);
  return writer.done();
}

function writeU56(writer: ByteWriter, value: bigint): void {
  writer.u32(Number(value & 0xffff_ffffn)).u24(Number((value >> 32n) & 0xff_ffffn));
}

/** Field ids of GTID_TAGGED_LOG_EVENT (mysql/binlog/event/control_events.h). */
const FIELD = {
  FLAGS: 0,
  UUID: 1,
  GNO: 2,
  TAG: 3,
  LAST_COMMITTED: 4,
  SEQUENCE_NUMBER: 5,
  IMMEDIATE_TIME: 6,
  ORIGINAL_TIME: 7,
  TRANSACTION_LENGTH: 8,
  IMMEDIATE_VERSION: 9,
  ORIGINAL_VERSION: 10,
  TICKET: 11,
} as const;

/**
 * Reads the body of a GTID_TAGGED_LOG_EVENT: version, size, last field that matters, then fields of id
 * and value, all as variable-length integers. Fields that are absent have the value of their twin.
 */
export function decodeTaggedGtidDetails(reader: ByteReader): GtidDetails {
  readVarUint(reader, "serialization_version");
  readVarUint(reader, "message_size");
  readVarUint(reader, "last_field_id");
  const details: GtidDetails = {
    flags: 0,
    mayHaveStatements: false,
    uuid: "",
    tag: "",
    gno: 0n,
  };
  while (reader.remaining > 0) {
    const id = Number(readVarUint(reader, "field_id"));
    if (!readTaggedField(reader, id, details)) break;
  }
  if (details.immediateCommitTime !== undefined) {
    details.originalCommitTime ??= details.immediateCommitTime;
  }
  if (details.immediateServerVersion !== undefined) {
    details.originalServerVersion ??= details.immediateServerVersion;
  }
  return details;
}

function readTaggedField(reader: ByteReader, id: number, details: GtidDetails): boolean {
  switch (id) {
    case FIELD.FLAGS:
      details.flags = Number(readVarUint(reader, "gtid_flags"));
      details.mayHaveStatements = (details.flags & MAY_HAVE_STATEMENTS) !== 0;
      return true;
    case FIELD.UUID: {
      const uuid = new Uint8Array(UUID_SIZE);
      for (let i = 0; i < UUID_SIZE; i++) uuid[i] = Number(readVarUint(reader, "uuid"));
      details.uuid = formatUuid(uuid);
      return true;
    }
    case FIELD.GNO:
      details.gno = readVarInt(reader, "gno");
      return true;
    case FIELD.TAG:
      details.tag = reader.text(Number(readVarUint(reader, "tag_length")), "tag");
      return true;
    case FIELD.LAST_COMMITTED:
      details.lastCommitted = readVarInt(reader, "last_committed");
      return true;
    case FIELD.SEQUENCE_NUMBER:
      details.sequenceNumber = readVarInt(reader, "sequence_number");
      return true;
    case FIELD.IMMEDIATE_TIME:
      details.immediateCommitTime = readVarUint(reader, "immediate_commit_time");
      return true;
    case FIELD.ORIGINAL_TIME:
      details.originalCommitTime = readVarUint(reader, "original_commit_time");
      return true;
    case FIELD.TRANSACTION_LENGTH:
      details.transactionLength = readVarUint(reader, "transaction_length");
      return true;
    case FIELD.IMMEDIATE_VERSION:
      details.immediateServerVersion = Number(readVarUint(reader, "immediate_server_version"));
      return true;
    case FIELD.ORIGINAL_VERSION:
      details.originalServerVersion = Number(readVarUint(reader, "original_server_version"));
      return true;
    case FIELD.TICKET:
      details.commitGroupTicket = readVarUint(reader, "commit_group_ticket");
      return true;
    default:
      return false;
  }
}
