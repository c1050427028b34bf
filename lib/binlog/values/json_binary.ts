import { FormatError } from "../../errors.ts";
import { DECIMAL_PRECISION_MAX, decimalSize, writeDecimal } from "./decimal.ts";
import { writeEscaped } from "./escape.ts";
import { realText } from "./real_text.ts";
import { writePackedTemporal } from "./temporal.ts";
import type { TextOutput } from "./text_output.ts";

/**
 * Type bytes of MySQL's binary JSON (sql-common/json_binary.h):
 *
 *     object, array   count, size of the whole; offsets and sizes of the keys (objects); then for
 *                     each value a type and an offset, or the value itself where it is small; all
 *                     numbers u16 in the small form, u32 in the large one
 *     string          length in groups of 7 bits, low ones first; UTF-8
 *     opaque          column type, length in groups of 7 bits, bytes
 */
const TYPE = {
  SMALL_OBJECT: 0,
  LARGE_OBJECT: 1,
  SMALL_ARRAY: 2,
  LARGE_ARRAY: 3,
  LITERAL: 4,
  INT16: 5,
  UINT16: 6,
  INT32: 7,
  UINT32: 8,
  INT64: 9,
  UINT64: 10,
  DOUBLE: 11,
  STRING: 12,
  OPAQUE: 15,
} as const;
/** Column types inside opaque values. */
const COLUMN = { TIMESTAMP: 7, DATE: 10, TIME: 11, DATETIME: 12, DECIMAL: 246 } as const;
const LITERALS = ["null", "true", "false"];
/** Servers refuse documents that are deeper. */
const DEPTH_MAX = 128;
const OPAQUE_SIZE_SIZE_MAX = 5;

function damaged(what: string): FormatError {
  return new FormatError(`Cannot read JSON value: ${what}`, { field: "json" });
}

/** A double as MySQL prints it inside JSON: the shortest form, 1.0 with its point. */
export function jsonDouble(value: number): string {
  const text = realText(value);
  return /[.en]/i.test(text) ? text : `${text}.0`;
}

/**
 * Writes MySQL's binary JSON in `bytes` from `start` to `end` as JSON text, with blanks behind commas
 * and colons as the server has it. An empty value is what a server stores for SQL NULL: it is shown as
 * null. Damage is a FormatError, and what it points to is never outside of [start, end).
 */
export function writeJsonBinary(
  out: TextOutput,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  if (start === end) out.ascii("null");
  else new JsonPrinter(out, bytes, start, end).value(bytes[start]!, start + 1, 0);
}

class JsonPrinter {
  readonly #out: TextOutput;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #end: number;
  /**
   * Bytes that no table of a container, key, string or opaque value has had yet: pointers that share
   * them would make a small document huge. Every other value is bounded by its entry in a table.
   */
  #left: number;

  constructor(out: TextOutput, bytes: Uint8Array, start: number, end: number) {
    this.#out = out;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = end;
    this.#left = end - start;
  }

  #need(at: number, size: number): number {
    if (at < 0 || at + size > this.#end) throw damaged(`${size} bytes at ${at} are not there`);
    return at;
  }

  /** Like #need, for bytes that only one part of a document may have. */
  #take(at: number, size: number): number {
    this.#need(at, size);
    this.#left -= size;
    if (this.#left < 0) throw damaged("parts of it share bytes");
    return at;
  }

  value(type: number, at: number, depth: number): void {
    const out = this.#out;
    switch (type) {
      case TYPE.SMALL_OBJECT:
      case TYPE.LARGE_OBJECT:
      case TYPE.SMALL_ARRAY:
      case TYPE.LARGE_ARRAY:
        this.#container(type, at, depth);
        return;
      case TYPE.LITERAL:
        this.#literal(this.#bytes[this.#need(at, 1)]!);
        return;
      case TYPE.INT16:
        out.integer(this.#view.getInt16(this.#need(at, 2), true));
        return;
      case TYPE.UINT16:
        out.integer(this.#view.getUint16(this.#need(at, 2), true));
        return;
      case TYPE.INT32:
        out.integer(this.#view.getInt32(this.#need(at, 4), true));
        return;
      case TYPE.UINT32:
        out.integer(this.#view.getUint32(this.#need(at, 4), true));
        return;
      case TYPE.INT64:
        out.ascii(String(this.#view.getBigInt64(this.#need(at, 8), true)));
        return;
      case TYPE.UINT64:
        out.ascii(String(this.#view.getBigUint64(this.#need(at, 8), true)));
        return;
      case TYPE.DOUBLE:
        out.ascii(jsonDouble(this.#view.getFloat64(this.#need(at, 8), true)));
        return;
      case TYPE.STRING:
        this.#string(at);
        return;
      case TYPE.OPAQUE:
        this.#opaque(at);
        return;
      default:
        throw damaged(`type ${type}`);
    }
  }

  #literal(value: number): void {
    const text = LITERALS[value];
    if (text === undefined) throw damaged(`literal ${value}`);
    this.#out.ascii(text);
  }

  #number(at: number, large: boolean): number {
    return large
      ? this.#view.getUint32(this.#need(at, 4), true)
      : this.#view.getUint16(this.#need(at, 2), true);
  }

  #container(type: number, at: number, depth: number): void {
    if (depth >= DEPTH_MAX) throw damaged("too deep");
    const out = this.#out;
    const large = type === TYPE.LARGE_OBJECT || type === TYPE.LARGE_ARRAY;
    const object = type === TYPE.SMALL_OBJECT || type === TYPE.LARGE_OBJECT;
    const width = large ? 4 : 2;
    const count = this.#number(at, large);
    const size = this.#number(at + width, large);
    this.#need(at, size);
    const keyEntry = object ? width + 2 : 0;
    const values = at + 2 * width + count * keyEntry;
    this.#take(at, values - at + count * (1 + width));
    out.ascii(object ? "{" : "[");
    for (let i = 0; i < count; i++) {
      if (i > 0) out.ascii(", ");
      if (object) {
        const entry = at + 2 * width + i * keyEntry;
        const key = at + this.#number(entry, large);
        this.#quoted(key, this.#view.getUint16(entry + width, true));
        out.ascii(": ");
      }
      const entry = values + i * (1 + width);
      this.#entry(this.#bytes[entry]!, entry + 1, { at, large, depth });
    }
    out.ascii(object ? "}" : "]");
  }

  /** A value of a container: small ones stand where the offset of others is. */
  #entry(
    type: number,
    entry: number,
    { at, large, depth }: { at: number; large: boolean; depth: number },
  ): void {
    const inline = type === TYPE.LITERAL || type === TYPE.INT16 || type === TYPE.UINT16 ||
      (large && (type === TYPE.INT32 || type === TYPE.UINT32));
    this.value(type, inline ? entry : at + this.#number(entry, large), depth + 1);
  }

  /** Length in groups of 7 bits; the offset behind it is the second number. */
  #length(at: number): [length: number, next: number] {
    let length = 0;
    for (let i = 0; i < OPAQUE_SIZE_SIZE_MAX; i++) {
      const byte = this.#bytes[this.#need(at + i, 1)]!;
      length += (byte & 0x7f) * 2 ** (7 * i);
      if (!(byte & 0x80)) return [length, at + i + 1];
    }
    throw damaged("a length of more than 5 bytes");
  }

  #quoted(at: number, size: number): void {
    this.#take(at, size);
    this.#out.byte(0x22);
    writeEscaped(this.#out, this.#bytes, at, at + size, "json");
    this.#out.byte(0x22);
  }

  #string(at: number): void {
    const [size, text] = this.#length(at);
    this.#quoted(text, size);
  }

  #opaque(at: number): void {
    const out = this.#out;
    const type = this.#bytes[this.#need(at, 1)]!;
    const [size, data] = this.#length(at + 1);
    this.#take(data, size);
    if (type === COLUMN.DECIMAL && size > 2) {
      const precision = this.#bytes[data]!;
      const scale = this.#bytes[data + 1]!;
      const fits = precision <= DECIMAL_PRECISION_MAX && scale <= precision &&
        decimalSize(precision, scale) === size - 2;
      if (!fits) throw damaged(`DECIMAL(${precision},${scale}) in ${size} bytes`);
      writeDecimal(out, this.#bytes, data + 2, precision, scale);
      return;
    }
    out.byte(0x22);
    const temporal = type === COLUMN.DATE || type === COLUMN.TIME || type === COLUMN.DATETIME ||
      type === COLUMN.TIMESTAMP;
    if (temporal && size === 8) {
      const kind = type === COLUMN.DATE ? "date" : type === COLUMN.TIME ? "time" : "datetime";
      writePackedTemporal(out, this.#view.getBigInt64(data, true), kind);
    } else {
      out.ascii(`base64:type${type}:`);
      writeBase64(out, this.#bytes.subarray(data, data + size));
    }
    out.byte(0x22);
  }
}

const PIECE = 3 * 4096;

/** Writes bytes in base 64. */
export function writeBase64(out: TextOutput, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += PIECE) {
    out.ascii(btoa(String.fromCharCode(...bytes.subarray(at, at + PIECE))));
  }
}
