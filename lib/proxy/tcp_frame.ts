/** Flags of a TCP header (RFC 9293). */
export const TCP_FLAG = { FIN: 0x01, SYN: 0x02, RST: 0x04, PSH: 0x08, ACK: 0x10 } as const;

/** Most payload bytes of one made frame; an IPv4 packet holds 65535 with its headers. */
export const FRAME_PAYLOAD_MAX = 65_000;

const ETHERNET_SIZE = 14;
const IPV4_SIZE = 20;
const IPV6_SIZE = 40;
const TCP_SIZE = 20;
const PROTOCOL_TCP = 6;
const HOP_LIMIT = 64;
/** SYN options: largest segment 65000; window scale 14, so that 65535 means 1 GiB. */
const SYN_OPTIONS = Uint8Array.of(2, 4, 65_000 >> 8, 65_000 & 0xff, 1, 3, 3, 14);

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** One end of a made connection. Addresses of both ends are of the same size, 4 or 16. */
export interface FrameEnd {
  address: Uint8Array;
  port: number;
}

/** What a frame says. */
export interface FrameOptions {
  from: FrameEnd;
  to: FrameEnd;
  /** Modulo 2^32. */
  sequence: number;
  acknowledged: number;
  flags: number;
  payload?: Uint8Array;
}

/**
 * Sum of 16-bit big-endian words, going on from `sum`; an odd byte is padded. Words are read in the
 * machine's order where they lie even: a ones' complement sum only has its bytes swapped by that.
 */
function addWords(bytes: Uint8Array, sum: number): number {
  const even = bytes.length & ~1;
  let total = sum;
  if (LITTLE_ENDIAN && bytes.byteOffset % 2 === 0) {
    const words = new Uint16Array(bytes.buffer, bytes.byteOffset, even / 2);
    let swapped = 0;
    for (let i = 0; i < words.length; i++) swapped += words[i]!;
    const folded = fold(swapped);
    total += ((folded & 0xff) << 8) | (folded >> 8);
  } else {
    for (let i = 0; i < even; i += 2) total += (bytes[i]! << 8) | bytes[i + 1]!;
  }
  if (even < bytes.length) total += bytes[even]! << 8;
  return total;
}

function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x1_0000);
  return folded;
}

/** Internet checksum (RFC 1071) of `bytes`, going on from the plain sum of the words before. */
export function internetChecksum(bytes: Uint8Array, sum = 0): number {
  return ~fold(addWords(bytes, sum)) & 0xffff;
}

function writeEthernet(bytes: Uint8Array, version6: boolean, up: boolean): void {
  // Locally administered addresses: 02:…:01 is the client's, 02:…:02 the server's.
  bytes[0] = bytes[6] = 0x02;
  bytes[5] = up ? 2 : 1;
  bytes[11] = up ? 1 : 2;
  bytes[12] = version6 ? 0x86 : 0x08;
  bytes[13] = version6 ? 0xdd : 0x00;
}

function writeIp(bytes: Uint8Array, { from, to }: FrameOptions, size: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (from.address.length === 16) {
    view.setUint32(0, 0x6000_0000);
    view.setUint16(4, size);
    view.setUint8(6, PROTOCOL_TCP);
    view.setUint8(7, HOP_LIMIT);
    bytes.set(from.address, 8);
    bytes.set(to.address, 24);
    return;
  }
  view.setUint16(0, 0x4500);
  view.setUint16(2, IPV4_SIZE + size);
  view.setUint16(6, 0x4000);
  view.setUint8(8, HOP_LIMIT);
  view.setUint8(9, PROTOCOL_TCP);
  bytes.set(from.address, 12);
  bytes.set(to.address, 16);
  view.setUint16(10, internetChecksum(bytes.subarray(0, IPV4_SIZE)));
}

/**
 * An Ethernet frame with one TCP segment in IPv4 or IPv6, all checksums right. `up` tells the
 * Ethernet addresses' direction.
 */
export function encodeTcpFrame(options: FrameOptions, up: boolean): Uint8Array<ArrayBuffer> {
  const { from, to, flags } = options;
  const payload = options.payload ?? new Uint8Array(0);
  const tcpOptions = flags & TCP_FLAG.SYN ? SYN_OPTIONS : new Uint8Array(0);
  const tcpSize = TCP_SIZE + tcpOptions.length + payload.length;
  const ipSize = from.address.length === 16 ? IPV6_SIZE : IPV4_SIZE;
  const frame = new Uint8Array(ETHERNET_SIZE + ipSize + tcpSize);
  writeEthernet(frame, ipSize === IPV6_SIZE, up);
  writeIp(frame.subarray(ETHERNET_SIZE), options, tcpSize);
  const tcp = frame.subarray(ETHERNET_SIZE + ipSize);
  const view = new DataView(tcp.buffer, tcp.byteOffset, tcp.byteLength);
  view.setUint16(0, from.port);
  view.setUint16(2, to.port);
  view.setUint32(4, options.sequence);
  view.setUint32(8, flags & TCP_FLAG.ACK ? options.acknowledged : 0);
  view.setUint8(12, ((TCP_SIZE + tcpOptions.length) / 4) << 4);
  view.setUint8(13, flags);
  view.setUint16(14, 0xffff);
  tcp.set(tcpOptions, TCP_SIZE);
  tcp.set(payload, TCP_SIZE + tcpOptions.length);
  // The pseudo header: both addresses, the protocol, the size.
  const pseudo = addWords(to.address, addWords(from.address, PROTOCOL_TCP + tcpSize));
  view.setUint16(16, internetChecksum(tcp, pseudo));
  return frame;
}
