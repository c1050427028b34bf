/** Bytes before each packet: u24 payload length, u8 sequence id. */
export const PACKET_HEADER_SIZE = 4;

/** A payload chunk of this size means that another packet of the same payload follows. */
export const PACKET_CHUNK_MAX = 0xff_ffff;

/** Writes a packet header at `offset`. */
export function writePacketHeader(
  bytes: Uint8Array,
  offset: number,
  size: number,
  sequence: number,
): void {
  bytes[offset] = size & 0xff;
  bytes[offset + 1] = (size >>> 8) & 0xff;
  bytes[offset + 2] = (size >>> 16) & 0xff;
  bytes[offset + 3] = sequence & 0xff;
}

/** Sequence ids a payload of `size` bytes takes. */
export function packetCount(size: number): number {
  return Math.floor(size / PACKET_CHUNK_MAX) + 1;
}

/**
 * A payload as packets: cut into chunks of 0xffffff bytes, the last one shorter and possibly
 * empty, each with its own header and the next sequence id.
 */
export function encodePacket(payload: Uint8Array, sequence: number): Uint8Array<ArrayBuffer> {
  const count = packetCount(payload.length);
  const bytes = new Uint8Array(payload.length + count * PACKET_HEADER_SIZE);
  let at = 0;
  for (let i = 0; i < count; i++) {
    const chunk = payload.subarray(i * PACKET_CHUNK_MAX, (i + 1) * PACKET_CHUNK_MAX);
    writePacketHeader(bytes, at, chunk.length, sequence + i);
    bytes.set(chunk, at + PACKET_HEADER_SIZE);
    at += PACKET_HEADER_SIZE + chunk.length;
  }
  return bytes;
}
