import { ByteReader } from "../bytes/byte_reader.ts";
import { ByteWriter } from "../bytes/byte_writer.ts";

/**
 * ROTATE_EVENT body: u64 position in the next file (4 in a real one), then the next file's base
 * name to the end. A real one is the last event of a closed file; an artificial one (flag 0x20,
 * timestamp 0, log_pos 0) begins each file of a dump stream and is never stored.
 */
export interface RotateEvent {
  position: number;
  file: string;
}

/** Reads a ROTATE_EVENT body (no header, no checksum). Throws FormatError where it is short. */
export function decodeRotateEvent(body: Uint8Array): RotateEvent {
  const reader = new ByteReader(body);
  const position = reader.u64Number("rotate position");
  return { position, file: reader.text(reader.remaining, "rotate file") };
}

/** Writes a ROTATE_EVENT body. */
export function encodeRotateEvent(event: RotateEvent): Uint8Array<ArrayBuffer> {
  return new ByteWriter(64).u64(event.position).text(event.file).done();
}
