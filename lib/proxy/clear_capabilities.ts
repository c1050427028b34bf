import { CAPABILITY } from "../protocol/capabilities.ts";
import { PACKET_HEADER_SIZE } from "../protocol/packet.ts";

const PROTOCOL_VERSION = 10;
const RESERVED_SIZE = 6;

/**
 * Takes capabilities out of a greeting packet, in place, packet header included: u8 protocol
 * version, server version NUL, u32 id, 8 scramble, u8 0, u16 capabilities low, u8 charset, u16
 * status, u16 capabilities high, u8 size, 6 reserved, u32 MariaDB's capabilities (where
 * CLIENT_LONG_PASSWORD is not set). Returns the flags that were set and are not any more.
 */
export function clearCapabilities(packet: Uint8Array, flags: number, extended = 0): number {
  if (packet[PACKET_HEADER_SIZE] !== PROTOCOL_VERSION) return 0;
  const version = packet.indexOf(0, PACKET_HEADER_SIZE + 1);
  const low = version + 1 + 4 + 8 + 1;
  if (version < 0 || low + 2 > packet.length) return 0;
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const before = view.getUint16(low, true);
  view.setUint16(low, before & ~flags, true);
  let cleared = before & flags & 0xffff;
  const high = low + 2 + 1 + 2;
  if (high + 2 > packet.length) return cleared;
  const upper = view.getUint16(high, true);
  view.setUint16(high, upper & ~(flags >>> 16), true);
  cleared = (cleared | ((upper & (flags >>> 16)) << 16)) >>> 0;
  const more = high + 2 + 1 + RESERVED_SIZE;
  if (!(before & CAPABILITY.CLIENT_LONG_PASSWORD) && more + 4 <= packet.length) {
    view.setUint32(more, view.getUint32(more, true) & ~extended, true);
  }
  return cleared;
}
