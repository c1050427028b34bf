import type { TextOutput } from "./text_output.ts";

const DASH = 0x2d;
const COLON = 0x3a;
const SPACE = 0x20;
const POINT = 0x2e;
/** Value of a byte of the fraction: two decimal digits. */
const PER_BYTE = 2;

/** Bytes of a fraction of a second with so many digits. */
export function fractionSize(digits: number): number {
  return (digits + 1) >> 1;
}

/** A big-endian whole number of up to 6 bytes. */
export function bigEndian(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let i = 0; i < size; i++) value = value * 256 + bytes[at + i]!;
  return value;
}

function writeDate(out: TextOutput, year: number, month: number, day: number): void {
  out.padded(year, 4).byte(DASH).padded(month, 2).byte(DASH).padded(day, 2);
}

function writeClock(out: TextOutput, hour: number, minute: number, second: number): void {
  out.padded(hour, hour > 99 ? 3 : 2).byte(COLON).padded(minute, 2).byte(COLON).padded(second, 2);
}

/** Writes `.123` for `digits` digits; `value` counts in units of the last of 2 × its bytes. */
function writeFraction(out: TextOutput, value: number, digits: number): void {
  if (digits === 0) return;
  out.byte(POINT);
  const cut = fractionSize(digits) * PER_BYTE - digits;
  out.padded(cut > 0 ? Math.floor(value / 10) : value, digits);
}

/** DATE: u24, from the low end 5 bits day, 4 bits month, 15 bits year. */
export function writeDate3(out: TextOutput, bytes: Uint8Array, at: number): void {
  const value = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
  writeDate(out, value >> 9, (value >> 5) & 15, value & 31);
}

/** TIME of before 5.6: u24, decimal hhmmss, as a number with sign. */
export function writeTime3(out: TextOutput, bytes: Uint8Array, at: number): void {
  let value = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
  if (value & 0x80_0000) {
    value = 0x100_0000 - value;
    out.byte(DASH);
  }
  writeClock(out, Math.floor(value / 10_000), Math.floor(value / 100) % 100, value % 100);
}

/** DATETIME of before 5.6: u64, decimal YYYYMMDDhhmmss. */
export function writeDatetime8(out: TextOutput, view: DataView, at: number): void {
  const value = view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x1_0000_0000;
  const date = Math.floor(value / 1_000_000) % 1e8;
  const time = value % 1_000_000;
  writeDate(out, Math.floor(date / 10_000), Math.floor(date / 100) % 100, date % 100);
  out.byte(SPACE);
  writeClock(out, Math.floor(time / 10_000), Math.floor(time / 100) % 100, time % 100);
}

/** TIMESTAMP(n): big-endian u32 seconds since 1970, then the fraction. */
export function writeTimestamp2(
  out: TextOutput,
  bytes: Uint8Array,
  at: number,
  digits: number,
): void {
  out.integer(bigEndian(bytes, at, 4));
  writeFraction(out, bigEndian(bytes, at + 4, fractionSize(digits)), digits);
}

/** Writes a date and time in the packed form: year × 13 + month, day, hour, minute, second. */
function writePackedDatetime(out: TextOutput, yearMonthDay: number, clock: number): void {
  const yearMonth = yearMonthDay >> 5;
  writeDate(out, Math.floor(yearMonth / 13), yearMonth % 13, yearMonthDay & 31);
  out.byte(SPACE);
  writeClock(out, clock >> 12, (clock >> 6) & 63, clock & 63);
}

/**
 * DATETIME(n): big-endian 40 bits (1 bit set, 17 bits year × 13 + month, 5 day, 5 hour, 6 minute,
 * 6 second), then the fraction.
 */
export function writeDatetime2(
  out: TextOutput,
  bytes: Uint8Array,
  at: number,
  digits: number,
): void {
  const value = bigEndian(bytes, at, 5) - 0x80_0000_0000;
  const day = Math.floor(value / 0x2_0000);
  writePackedDatetime(out, day < 0 ? 0 : day, value < 0 ? 0 : value % 0x2_0000);
  writeFraction(out, bigEndian(bytes, at + 5, fractionSize(digits)), digits);
}

/**
 * TIME(n): big-endian 24 bits (1 bit set, 1 unused, 10 hour, 6 minute, 6 second) and the fraction,
 * together one number that is less than its middle where the time is negative.
 */
export function writeTime2(out: TextOutput, bytes: Uint8Array, at: number, digits: number): void {
  const size = fractionSize(digits);
  const scale = 256 ** size;
  let value = bigEndian(bytes, at, 3 + size) - 0x80_0000 * scale;
  if (value < 0) {
    value = -value;
    out.byte(DASH);
  }
  const clock = Math.floor(value / scale);
  writeClock(out, (clock >> 12) & 0x3ff, (clock >> 6) & 63, clock & 63);
  writeFraction(out, value % scale, digits);
}

/**
 * A temporal value inside JSON: i64 of which the low 24 bits are microseconds, above them the packed
 * date and time. `kind` is the column type: date, time or datetime.
 */
export function writePackedTemporal(
  out: TextOutput,
  value: bigint,
  kind: "date" | "time" | "datetime",
): void {
  let rest = value;
  if (rest < 0n) {
    rest = -rest;
    out.byte(DASH);
  }
  const micros = Number(rest & 0xff_ffffn);
  const packed = Number((rest >> 24n) & 0xff_ffff_ffffn);
  const clock = packed % 0x2_0000;
  const day = Math.floor(packed / 0x2_0000);
  if (kind === "time") {
    const hms = packed % 0x40_0000;
    writeClock(out, (hms >> 12) & 0x3ff, (hms >> 6) & 63, hms & 63);
  } else if (kind === "date") {
    const yearMonth = day >> 5;
    writeDate(out, Math.floor(yearMonth / 13), yearMonth % 13, day & 31);
    return;
  } else writePackedDatetime(out, day, clock);
  out.byte(POINT).padded(micros % 1e6, 6);
}
