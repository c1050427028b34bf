import { ByteReader } from "../bytes/byte_reader.ts";
import { ByteWriter } from "../bytes/byte_writer.ts";
import { ProtocolError } from "../errors.ts";

/** First byte of the semi-sync header (ef, flag) and of an ACK (plugin/semisync/semisync.h). */
export const SEMI_SYNC_MAGIC = 0xef;

/** Bit of the semi-sync header's second byte: the source waits for an ACK of this event. */
export const SEMI_SYNC_ACK_REQUESTED = 0x1;

/**
 * ACK of a semi-sync replica: ef, u64 end position of the event in the source's file, file name to
 * the end. Sent as a packet of its own with sequence id 0; no reply follows.
 */
export interface SemiSyncAck {
  file: string;
  position: number;
}

/** Writes an ACK payload. */
export function encodeSemiSyncAck(ack: SemiSyncAck): Uint8Array<ArrayBuffer> {
  return new ByteWriter().u8(SEMI_SYNC_MAGIC).u64(ack.position).text(ack.file).done();
}

/** Reads an ACK payload. Throws ProtocolError where it is none. */
export function decodeSemiSyncAck(payload: Uint8Array): SemiSyncAck {
  const reader = new ByteReader(
    payload,
    0,
    (message, field) => new ProtocolError(message, { field }),
  );
  const magic = reader.u8("semi-sync magic");
  if (magic !== SEMI_SYNC_MAGIC) {
    throw new ProtocolError(`Cannot read ACK: it begins with 0x${magic.toString(16)}`, {
      expected: "0xef",
      found: `0x${magic.toString(16)}`,
    });
  }
  const position = reader.u64Number("position");
  return { position, file: reader.text(reader.remaining, "file") };
}
