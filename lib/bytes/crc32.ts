import { crc32 as zlibCrc32 } from "node:zlib";

/**
 * CRC-32 (zlib polynomial) of `bytes`, going on from `seed`, the CRC of the bytes before them.
 * Runs at memory speed with about 0.1 µs a call.
 */
export function crc32(bytes: Uint8Array, seed = 0): number {
  return zlibCrc32(bytes, seed);
}

const POLYNOMIAL = 0xedb88320;
/** Eight tables of 256: the k-th is for a byte that k more bytes follow. */
const TABLES = new Int32Array(8 * 256);
for (let i = 0; i < 256; i++) {
  let crc = i;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
  TABLES[i] = crc;
}
for (let i = 256; i < TABLES.length; i++) {
  const before = TABLES[i - 256]!;
  TABLES[i] = (before >>> 8) ^ TABLES[before & 255]!;
}
/** Beyond this many bytes a call of zlib, and the view it needs, pay. */
const TABLES_MAX = 96;

/**
 * CRC-32 of bytes [start, end) of a buffer. For a small range nothing is allocated: eight bytes at a
 * time by tables.
 */
export function crc32Range(bytes: Uint8Array, start: number, end: number): number {
  if (end - start > TABLES_MAX) return zlibCrc32(bytes.subarray(start, end));
  const t = TABLES;
  let crc = -1;
  let at = start;
  for (const whole = end - 7; at < whole; at += 8) {
    crc = t[1792 + ((crc ^ bytes[at]!) & 255)]! ^
      t[1536 + (((crc >>> 8) ^ bytes[at + 1]!) & 255)]! ^
      t[1280 + (((crc >>> 16) ^ bytes[at + 2]!) & 255)]! ^
      t[1024 + ((crc >>> 24) ^ bytes[at + 3]!)]! ^
      t[768 + bytes[at + 4]!]! ^
      t[512 + bytes[at + 5]!]! ^
      t[256 + bytes[at + 6]!]! ^
      t[bytes[at + 7]!]!;
  }
  for (; at < end; at++) crc = t[(crc ^ bytes[at]!) & 255]! ^ (crc >>> 8);
  return (crc ^ -1) >>> 0;
}
