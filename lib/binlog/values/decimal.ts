import type { TextOutput } from "./text_output.ts";

const DIGITS_PER_GROUP = 9;
const GROUP_SIZE = 4;
/** A group is less than this; damaged bytes may say more. */
const GROUP_LIMIT = 1e9;
/** Bytes that 0 to 9 digits take. */
const SIZES = Uint8Array.of(0, 1, 1, 2, 2, 3, 3, 4, 4, 4);
const POINT = 0x2e;
const MINUS = 0x2d;

/** Most digits of a DECIMAL, and of its fraction. */
export const DECIMAL_PRECISION_MAX = 65;

function sizeOf(digits: number): number {
  return Math.floor(digits / DIGITS_PER_GROUP) * GROUP_SIZE + SIZES[digits % DIGITS_PER_GROUP]!;
}

/** Bytes of a DECIMAL(precision, scale). */
export function decimalSize(precision: number, scale: number): number {
  return sizeOf(precision - scale) + sizeOf(scale);
}

/** A group of digits; the highest bit of the first byte, at `start`, is the sign. */
function readGroup(
  bytes: Uint8Array,
  at: number,
  size: number,
  start: number,
  invert: number,
): number {
  let value = 0;
  for (let i = at; i < at + size; i++) {
    const byte = bytes[i]! ^ invert;
    value = value * 256 + (i === start ? byte ^ 0x80 : byte);
  }
  return value % GROUP_LIMIT;
}

/**
 * Writes a DECIMAL in its packed form (strings/decimal.cc decimal2bin): groups of nine digits as
 * big-endian u32, the odd digits before the integer groups and behind the fraction's in as few bytes
 * as hold them. The highest bit is inverted; all bits are where the number is negative.
 */
export function writeDecimal(
  out: TextOutput,
  bytes: Uint8Array,
  start: number,
  precision: number,
  scale: number,
): void {
  const negative = (bytes[start]! & 0x80) === 0;
  const invert = negative ? 0xff : 0;
  let at = start;
  if (negative) out.byte(MINUS);
  const whole = precision - scale;
  let begun = false;
  const odd = whole % DIGITS_PER_GROUP;
  if (odd > 0) {
    const value = readGroup(bytes, at, SIZES[odd]!, start, invert);
    at += SIZES[odd]!;
    begun = value !== 0;
    if (begun) out.integer(value);
  }
  for (let left = whole - odd; left > 0; left -= DIGITS_PER_GROUP) {
    const value = readGroup(bytes, at, GROUP_SIZE, start, invert);
    at += GROUP_SIZE;
    if (begun) out.padded(value, DIGITS_PER_GROUP);
    else if (value !== 0) {
      out.integer(value);
      begun = true;
    }
  }
  if (!begun) out.integer(0);
  if (scale === 0) return;
  out.byte(POINT);
  let left = scale;
  for (; left >= DIGITS_PER_GROUP; left -= DIGITS_PER_GROUP) {
    out.padded(readGroup(bytes, at, GROUP_SIZE, start, invert), DIGITS_PER_GROUP);
    at += GROUP_SIZE;
  }
  if (left > 0) out.padded(readGroup(bytes, at, SIZES[left]!, start, invert), left);
}
