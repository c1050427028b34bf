import { crc32 } from "../bytes/crc32.ts";
import { charsetDecoder, isUtf8Charset, keepsAscii } from "../binlog/values/charset.ts";
import {
  isText,
  isUtf8,
  PLAIN,
  plainEnd,
  type Quoting,
  writeEscaped,
  writeQuoted,
} from "../binlog/values/escape.ts";
import type { TextOutput } from "../binlog/values/text_output.ts";
import type { RowCursor } from "./row_cursor.ts";

/** Larger values are shown by their beginning, unless all of them is asked for. */
export const VALUE_SHOWN_MAX: number = 16 * 1024 * 1024;
/** As much of the beginning of a larger value is shown. */
const BEGINNING = 1024;
const BINARY = "binary";
const SQL_QUOTE = 0x27;
const JSON_QUOTE = 0x22;
const TWO_32 = 0x1_0000_0000;

/** How values are written. */
export interface ValueStyle {
  quoting: Quoting;
  /** Write values over 16 MiB whole. */
  fullValues: boolean;
}

/**
 * Writes single values in one of two notations. SQL: numbers as they are, text between quotes, bytes that
 * are no text as x'…'. JSON: numbers that a double holds exactly as numbers, all else as strings, bytes
 * that are no text as {"hex": "…"}.
 */
export class ValueWriter {
  readonly out: TextOutput;
  readonly json: boolean;
  readonly quoting: Quoting;
  readonly fullValues: boolean;
  readonly #quote: number;
  /** Character set of the last string, and whether ASCII looks the same in it. */
  #charset: string | undefined;
  #ascii = true;

  constructor(out: TextOutput, style: ValueStyle) {
    this.out = out;
    this.quoting = style.quoting;
    this.json = style.quoting === "json";
    this.fullValues = style.fullValues;
    this.#quote = this.json ? JSON_QUOTE : SQL_QUOTE;
  }

  null(): void {
    this.out.ascii(this.json ? "null" : "NULL");
  }

  /** The quote around text. */
  quote(): void {
    this.out.byte(this.#quote);
  }

  /** The quote around what SQL writes without any, such as a DECIMAL. */
  jsonQuote(): void {
    if (this.json) this.out.byte(JSON_QUOTE);
  }

  /** A number of which it is not known whether it is signed: as mysqlbinlog, `-1 (255)`. */
  ambiguous(value: number, unsigned: number): void {
    this.out.integer(value);
    if (value < 0 && !this.json) this.out.ascii(" (").integer(unsigned).ascii(")");
  }

  /** A 64-bit number from its halves; a string in JSON. */
  wide(low: number, high: number, unsigned: boolean | undefined): void {
    const { out } = this;
    this.jsonQuote();
    if (high < 0x20_0000) out.integer(high * TWO_32 + low);
    else if (unsigned === true) out.ascii(String((BigInt(high) << 32n) | BigInt(low)));
    else if (high > 0xffe0_0000) {
      // Small negative ones are exact in a double.
      const value = (high - TWO_32) * TWO_32 + low;
      out.integer(value);
      if (unsigned === undefined && !this.json) this.#unsignedToo(low, high);
    } else {
      const value = BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low));
      out.ascii(String(value));
      if (unsigned === undefined && !this.json && value < 0n) this.#unsignedToo(low, high);
    }
    this.jsonQuote();
  }

  #unsignedToo(low: number, high: number): void {
    this.out.ascii(` (${(BigInt(high) << 32n) | BigInt(low)})`);
  }

  /** A FLOAT or DOUBLE as text. */
  real(text: string): void {
    if (this.json && /[aI]/.test(text)) this.text(text); // NaN, Infinity
    else this.out.ascii(text);
  }

  text(text: string): void {
    writeQuoted(this.out, text, this.quoting);
  }

  /** A string value: bytes in a character set, in "binary", or in one that is not known. */
  bytes(bytes: Uint8Array, start: number, end: number, charset: string | undefined): void {
    const { out } = this;
    if (charset !== this.#charset) {
      this.#charset = charset;
      this.#ascii = charset === undefined || keepsAscii(charset);
    }
    if (this.#ascii && out.quotedPlain(this.#quote, bytes, start, end, PLAIN)) return;
    if (this.#ascii && plainEnd(bytes, start, end) === end) {
      out.byte(this.#quote).bytes(bytes, start, end).byte(this.#quote);
      return;
    }
    if (charset !== undefined && charset !== BINARY && !isUtf8Charset(charset)) {
      const decoder = charsetDecoder(charset);
      const text = decoder?.(bytes.subarray(start, end));
      if (text !== undefined) this.text(text);
      // Bytes that are no text in their own character set are none in another either.
      else if (decoder) this.hex(bytes, start, end);
      if (decoder) return;
    }
    const known = charset !== undefined && isUtf8Charset(charset);
    // JSON has no way to write a byte that is no UTF-8.
    if (known ? this.json && !isUtf8(bytes, start, end) : !isText(bytes, start, end)) {
      this.hex(bytes, start, end);
      return;
    }
    out.byte(this.#quote);
    writeEscaped(out, bytes, start, end, this.quoting);
    out.byte(this.#quote);
  }

  /** Bytes that are no text. */
  hex(bytes: Uint8Array, start: number, end: number): void {
    this.out.ascii(this.json ? '{"hex":"' : "x'").hex(bytes, start, end);
    this.out.ascii(this.json ? '"}' : "'");
  }

  /** A value of `size` bytes at the cursor that is too large to be shown. */
  beginning(cursor: RowCursor, size: number, charset: string | undefined): void {
    const { out } = this;
    cursor.need(BEGINNING);
    const { bytes, at } = cursor;
    if (this.json) out.ascii('{"beginning":');
    this.bytes(bytes, at, wholeText(bytes, at, at + BEGINNING), charset);
    let crc = 0;
    cursor.pieces(size, (piece, start, end) => crc = crc32(piece.subarray(start, end), crc));
    const sum = `0x${crc.toString(16).padStart(8, "0")}`;
    if (this.json) out.ascii(`,"length":${size},"crc32":"${sum}"}`);
    else out.ascii(` /* the beginning of ${size} bytes, CRC32 ${sum} */`);
  }

  /** A value of `size` bytes at the cursor, written whole although it is not in memory whole. */
  streamed(cursor: RowCursor, size: number, charset: string | undefined): void {
    const { out } = this;
    if (charset === undefined || !isUtf8Charset(charset)) {
      out.ascii(this.json ? '{"hex":"' : "x'");
      cursor.pieces(size, (bytes, start, end) => out.hex(bytes, start, end));
      out.ascii(this.json ? '"}' : "'");
      return;
    }
    const carried = new Uint8Array(8);
    let have = 0;
    out.byte(this.#quote);
    cursor.pieces(size, (bytes, start, end) => {
      let from = start;
      // A character may lie in two pieces.
      while (have > 0 && from < end && (bytes[from]! & 0xc0) === 0x80 && have < 4) {
        carried[have++] = bytes[from++]!;
      }
      writeEscaped(out, carried, 0, have, this.quoting);
      const to = wholeText(bytes, from, end);
      writeEscaped(out, bytes, from, to, this.quoting);
      have = end - to;
      carried.set(bytes.subarray(to, end));
    });
    writeEscaped(out, carried, 0, have, this.quoting);
    out.byte(this.#quote);
  }
}

/** `end`, or a little before it where it would cut a UTF-8 character. */
function wholeText(bytes: Uint8Array, start: number, end: number): number {
  for (let back = 1; back <= 3 && end - back >= start; back++) {
    const byte = bytes[end - back]!;
    if ((byte & 0xc0) === 0x80) continue;
    const size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return size > back ? end - back : end;
  }
  return end;
}
