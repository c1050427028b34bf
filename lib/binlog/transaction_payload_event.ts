import type { ByteReader } from "../bytes/byte_reader.ts";

const FIELD = { END: 0, SIZE: 1, COMPRESSION: 2, UNCOMPRESSED_SIZE: 3 } as const;

/** How the events of a payload are packed. */
export const PAYLOAD_COMPRESSION = { ZSTD: 0, NONE: 255 } as const;

/**
 * TRANSACTION_PAYLOAD_EVENT body: fields of lenenc type, lenenc length and value (1 size of the payload,
 * 2 compression, 3 size once unpacked; each a lenenc number) up to type 0, which has no length; then the
 * payload: whole events with headers and without CRC. Source: mysql/binlog/event/control_events.h.
 */
export interface TransactionPayloadHead {
  compression: number;
  size: number;
  uncompressedSize: number;
}

/** Reads the fields; the reader then stands before the payload. */
export function decodeTransactionPayloadHead(reader: ByteReader): TransactionPayloadHead {
  const head: TransactionPayloadHead = {
    compression: PAYLOAD_COMPRESSION.ZSTD,
    size: 0,
    uncompressedSize: 0,
  };
  for (;;) {
    const type = reader.lenencNumber("payload_field_type");
    if (type === FIELD.END) return head;
    const size = reader.lenencNumber("payload_field_length");
    const end = reader.offset + size;
    if (type === FIELD.SIZE) head.size = reader.lenencNumber("payload_size");
    else if (type === FIELD.COMPRESSION) head.compression = reader.lenencNumber("compression");
    else if (type === FIELD.UNCOMPRESSED_SIZE) {
      head.uncompressedSize = reader.lenencNumber("uncompressed_size");
    } else reader.skip(size, "payload_field");
    if (reader.offset !== end) {
      throw reader.fail(
        `Cannot read payload field ${type}: its length is ${size}`,
        "payload_field",
      );
    }
  }
}

/** What a compression is called in SHOW BINLOG EVENTS. */
export function payloadCompressionName(compression: number): string {
  if (compression === PAYLOAD_COMPRESSION.ZSTD) return "ZSTD";
  return compression === PAYLOAD_COMPRESSION.NONE ? "NONE" : `UNKNOWN_${compression}`;
}
