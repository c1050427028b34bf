import type { ByteReader } from "../bytes/byte_reader.ts";
import { ByteWriter } from "../bytes/byte_writer.ts";

/** INCIDENT_EVENT body: u16 number, u8 length and message. 1 is LOST_EVENTS. */
export interface IncidentEvent {
  incident: number;
  name: string;
  message: string;
}

const INCIDENTS: Readonly<Record<number, string>> = { 0: "NONE", 1: "LOST_EVENTS" };

/** Reads the body of an INCIDENT_EVENT. */
export function decodeIncidentEvent(reader: ByteReader): IncidentEvent {
  const incident = reader.u16("incident");
  const message = reader.remaining > 0 ? reader.text(reader.u8("message_length"), "message") : "";
  return { incident, name: INCIDENTS[incident] ?? `INCIDENT_${incident}`, message };
}

/** The file named by a BINLOG_CHECKPOINT_EVENT: u32 length and name. */
export function decodeBinlogCheckpointEvent(reader: ByteReader): string {
  return reader.text(reader.u32("file_name_length"), "file_name");
}

/** START_ENCRYPTION_EVENT body: u8 scheme, u32 key version, 12 bytes nonce. */
export interface StartEncryptionEvent {
  scheme: number;
  keyVersion: number;
  nonce: Uint8Array;
}

/** Reads the body of a START_ENCRYPTION_EVENT. */
export function decodeStartEncryptionEvent(reader: ByteReader): StartEncryptionEvent {
  return {
    scheme: reader.u8("scheme"),
    keyVersion: reader.u32("key_version"),
    nonce: reader.take(12, "nonce"),
  };
}

/** Where the source is, from a heartbeat; it is sent, never stored. */
export interface HeartbeatEvent {
  file: string;
  /** Undefined where the common header's log_pos says it. */
  position: bigint | undefined;
}

/** Reads a HEARTBEAT_LOG_EVENT: a file name; MariaDB beyond 4 GiB puts a u64 position before it. */
export function decodeHeartbeatEvent(reader: ByteReader): HeartbeatEvent {
  const wide = reader.bytes.indexOf(0, reader.offset) >= 0;
  const position = wide ? reader.u64("position") : undefined;
  return { file: reader.text(reader.remaining, "file_name"), position };
}

/** Writes a HEARTBEAT_LOG_EVENT body. */
export function encodeHeartbeatEvent({ file, position }: HeartbeatEvent): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(64);
  if (position !== undefined) writer.u64(position);
  return writer.text(file).done();
}

const HEARTBEAT_FIELD = { END: 0, FILE: 1, POSITION: 2 } as const;

/**
 * Reads a HEARTBEAT_LOG_EVENT_V2: fields of lenenc type, lenenc length and value up to type 0. The length
 * of a position is not relied upon, as some writers get it wrong.
 */
export function decodeHeartbeatV2Event(reader: ByteReader): HeartbeatEvent {
  const event: HeartbeatEvent = { file: "", position: undefined };
  while (reader.remaining > 0) {
    const type = reader.lenencNumber("field_type");
    if (type === HEARTBEAT_FIELD.END) break;
    const size = reader.lenencNumber("field_length");
    if (type === HEARTBEAT_FIELD.FILE) event.file = reader.text(size, "file_name");
    else if (type === HEARTBEAT_FIELD.POSITION) event.position = reader.lenenc("position");
    else reader.skip(size, "field");
  }
  return event;
}

/** Writes a HEARTBEAT_LOG_EVENT_V2 body. */
export function encodeHeartbeatV2Event(
  { file, position }: HeartbeatEvent,
): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(64).u8(HEARTBEAT_FIELD.FILE).textLenenc(file);
  if (position !== undefined) {
    const value = new ByteWriter(9).lenenc(position).done();
    writer.u8(HEARTBEAT_FIELD.POSITION).bytesLenenc(value);
  }
  return writer.u8(HEARTBEAT_FIELD.END).done();
}
