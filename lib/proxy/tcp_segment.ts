import { formatIpAddress } from "./ip_address.ts";

/** A TCP segment of a capture; `payload` is a view. */
export interface TcpSegment {
  /** `address:port`, IPv6 addresses in brackets. */
  source: string;
  destination: string;
  sourcePort: number;
  destinationPort: number;
  sequence: number;
  flags: number;
  payload: Uint8Array;
  /** Payload bytes that were on the wire and are not in the capture. */
  missing: number;
}

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const VLAN_TYPES = new Set([0x8100, 0x88a8, 0x9100]);
const PROTOCOL_TCP = 6;
/** IPv6 extension headers that are passed over: hop-by-hop, routing, destination options. */
const EXTENSIONS = new Set([0, 43, 60]);

/** Link types (tcpdump.org/linktypes.html) with their header's size, where the IP packet begins. */
const LINK = {
  NULL: 0,
  ETHERNET: 1,
  RAW: 101,
  LOOP: 108,
  SLL: 113,
  IPV4: 228,
  IPV6: 229,
  SLL2: 276,
};

/** Offset of the IP packet in a captured one; undefined where it holds none. */
function ipOffset(bytes: Uint8Array, linkType: number): number | undefined {
  switch (linkType) {
    case LINK.NULL:
    case LINK.LOOP:
      return 4;
    case LINK.RAW:
    case 12:
    case 14:
    case LINK.IPV4:
    case LINK.IPV6:
      return 0;
    case LINK.SLL:
      return isIp(bytes, 14) ? 16 : undefined;
    case LINK.SLL2:
      return isIp(bytes, 0) ? 20 : undefined;
    case LINK.ETHERNET: {
      let at = 12;
      while (VLAN_TYPES.has((bytes[at]! << 8) | bytes[at + 1]!)) at += 4;
      return isIp(bytes, at) ? at + 2 : undefined;
    }
  }
  return undefined;
}

function isIp(bytes: Uint8Array, at: number): boolean {
  const type = (bytes[at]! << 8) | bytes[at + 1]!;
  return type === ETHERTYPE_IPV4 || type === ETHERTYPE_IPV6;
}

/** Where the TCP header begins, the end of the IP packet, and both addresses. */
interface IpPacket {
  tcp: number;
  /** By the IP header; beyond the captured bytes where those were cut. */
  end: number;
  source: string;
  destination: string;
}

function readIp(bytes: Uint8Array, at: number): IpPacket | undefined {
  const version = bytes[at]! >> 4;
  if (version === 4 && bytes.length >= at + 20) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    // Later fragments have no TCP header.
    if (bytes[at + 9] !== PROTOCOL_TCP || (view.getUint16(at + 6) & 0x1fff) !== 0) return undefined;
    const size = view.getUint16(at + 2);
    return {
      tcp: at + (bytes[at]! & 15) * 4,
      // 0 where the network card cuts the segments.
      end: size === 0 ? bytes.length : at + size,
      source: formatIpAddress(bytes.subarray(at + 12, at + 16)),
      destination: formatIpAddress(bytes.subarray(at + 16, at + 20)),
    };
  }
  if (version !== 6 || bytes.length < at + 40) return undefined;
  const size = (bytes[at + 4]! << 8) | bytes[at + 5]!;
  let next = bytes[at + 6]!;
  let tcp = at + 40;
  while (EXTENSIONS.has(next) && tcp + 2 <= bytes.length) {
    next = bytes[tcp]!;
    tcp += 8 + bytes[tcp + 1]! * 8;
  }
  if (next !== PROTOCOL_TCP) return undefined;
  return {
    tcp,
    end: size === 0 ? bytes.length : at + 40 + size,
    source: `[${formatIpAddress(bytes.subarray(at + 8, at + 24))}]`,
    destination: `[${formatIpAddress(bytes.subarray(at + 24, at + 40))}]`,
  };
}

/** The TCP segment in a captured packet; undefined where it holds none, or its header is cut. */
export function decodeTcpSegment(bytes: Uint8Array, linkType: number): TcpSegment | undefined {
  const start = ipOffset(bytes, linkType);
  if (start === undefined || start >= bytes.length) return undefined;
  const ip = readIp(bytes, start);
  if (!ip || ip.tcp + 20 > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { tcp } = ip;
  const data = tcp + (bytes[tcp + 12]! >> 4) * 4;
  if (data > ip.end || data < tcp + 20) return undefined;
  const sourcePort = view.getUint16(tcp);
  const destinationPort = view.getUint16(tcp + 2);
  const payload = bytes.subarray(data, Math.min(ip.end, bytes.length));
  return {
    source: `${ip.source}:${sourcePort}`,
    destination: `${ip.destination}:${destinationPort}`,
    sourcePort,
    destinationPort,
    sequence: view.getUint32(tcp + 4),
    flags: bytes[tcp + 13]!,
    payload,
    missing: Math.max(0, ip.end - Math.max(data, bytes.length)),
  };
}
