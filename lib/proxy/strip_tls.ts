import { CAPABILITY } from "../protocol/capabilities.ts";
import { PACKET_HEADER_SIZE } from "../protocol/packet.ts";

/**
 * Takes CLIENT_SSL out of the capabilities of a greeting packet, in place, header included: u8
 * protocol version, server version NUL, u32 id, 8 scramble, u8 0, u16 capabilities. Returns whether
 * the server had offered TLS.
 */
export function stripTls(packet: Uint8Array): boolean {
  if (packet[PACKET_HEADER_SIZE] !== 10) return false;
  const version = packet.indexOf(0, PACKET_HEADER_SIZE + 1);
  if (version < 0) return false;
  const high = version + 1 + 4 + 8 + 1 + 1;
  const bit = CAPABILITY.CLIENT_SSL >> 8;
  if (high >= packet.length || !(packet[high]! & bit)) return false;
  packet[high]! &= ~bit;
  return true;
}
