import { decimalSize, writeDecimal } from "../binlog/values/decimal.ts";
import { realText } from "../binlog/values/real_text.ts";
import { bigEndian } from "../binlog/values/temporal.ts";
import type { RowColumn } from "./row_column.ts";
import type { RowCursor } from "./row_cursor.ts";
import type { ValueWriter } from "./row_value_writer.ts";

const NAMES: Readonly<Record<number, string>> = {
  1: "TINYINT",
  2: "SMALLINT",
  3: "MEDIUMINT",
  4: "INT",
  8: "BIGINT",
};

/** TINYINT to BIGINT: little-endian, of 1, 2, 3, 4 or 8 bytes. */
export class IntegerColumn implements RowColumn {
  readonly typeName: string;
  readonly #size: number;
  /** Undefined where the table map does not say it. */
  readonly #unsigned: boolean | undefined;
  readonly #middle: number;

  constructor(size: number, unsigned: boolean | undefined) {
    this.#size = size;
    this.#unsigned = unsigned;
    this.#middle = 2 ** (8 * size - 1);
    this.typeName = `${NAMES[size]}${unsigned ? " UNSIGNED" : ""}`;
  }

  print(cursor: RowCursor, writer: ValueWriter): void {
    const size = this.#size;
    cursor.need(size);
    const { view, at } = cursor;
    cursor.at = at + size;
    let value: number;
    switch (size) {
      case 1:
        value = view.getUint8(at);
        break;
      case 2:
        value = view.getUint16(at, true);
        break;
      case 3:
        value = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
        break;
      case 4:
        value = view.getUint32(at, true);
        break;
      default:
        writer.wide(view.getUint32(at, true), view.getUint32(at + 4, true), this.#unsigned);
        return;
    }
    if (value < this.#middle || this.#unsigned === true) writer.out.integer(value);
    else if (this.#unsigned === undefined) writer.ambiguous(value - 2 * this.#middle, value);
    else writer.out.integer(value - 2 * this.#middle);
  }

  skip(cursor: RowCursor): void {
    cursor.skip(this.#size);
  }
}

/** Below this FLOATs have fewer than six digits. */
const FLOAT_NORMAL_MIN = 2 ** -126;

/** The shortest decimal form that reads back as the same FLOAT. */
export function floatText(value: number): string {
  if (value === 0) return realText(value);
  const least = Math.abs(value) < FLOAT_NORMAL_MIN ? 1 : 6;
  for (let digits = least; digits < 9; digits++) {
    const text = realText(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) === value) return text;
  }
  return realText(Number(value.toPrecision(9)));
}

/** FLOAT and DOUBLE. */
export class RealColumn implements RowColumn {
  readonly typeName: string;
  readonly #size: number;

  constructor(size: 4 | 8) {
    this.#size = size;
    this.typeName = size === 4 ? "FLOAT" : "DOUBLE";
  }

  print(cursor: RowCursor, writer: ValueWriter): void {
    cursor.need(this.#size);
    const { view, at } = cursor;
    cursor.at = at + this.#size;
    if (this.#size === 4) writer.real(floatText(view.getFloat32(at, true)));
    else writer.real(realText(view.getFloat64(at, true)));
  }

  skip(cursor: RowCursor): void {
    cursor.skip(this.#size);
  }
}

/** DECIMAL. */
export class DecimalColumn implements RowColumn {
  readonly typeName: string;
  readonly #precision: number;
  readonly #scale: number;
  readonly #size: number;

  constructor(precision: number, scale: number, unsigned: boolean | undefined) {
    this.#precision = precision;
    this.#scale = scale;
    this.#size = decimalSize(precision, scale);
    this.typeName = `DECIMAL(${precision},${scale})${unsigned ? " UNSIGNED" : ""}`;
  }

  print(cursor: RowCursor, writer: ValueWriter): void {
    cursor.need(this.#size);
    writer.jsonQuote();
    writeDecimal(writer.out, cursor.bytes, cursor.at, this.#precision, this.#scale);
    writer.jsonQuote();
    cursor.at += this.#size;
  }

  skip(cursor: RowCursor): void {
    cursor.skip(this.#size);
  }
}

/** BIT(n): big-endian, shown as b'…' with n digits. */
export class BitColumn implements RowColumn {
  readonly typeName: string;
  readonly #bits: number;
  readonly #size: number;

  constructor(bits: number) {
    this.#bits = bits;
    this.#size = (bits + 7) >> 3;
    this.typeName = `BIT(${bits})`;
  }

  print(cursor: RowCursor, writer: ValueWriter): void {
    cursor.need(this.#size);
    writer.jsonQuote();
    writeBits(writer, cursor.bytes, cursor.at, this.#size, this.#bits);
    writer.jsonQuote();
    cursor.at += this.#size;
  }

  skip(cursor: RowCursor): void {
    cursor.skip(this.#size);
  }
}

function writeBits(
  writer: ValueWriter,
  bytes: Uint8Array,
  at: number,
  size: number,
  bits: number,
): void {
  const { out, json } = writer;
  if (!json) out.ascii("b'");
  for (let bit = bits - 1; bit >= 0; bit--) {
    out.byte(0x30 + ((bytes[at + size - 1 - (bit >> 3)]! >> (bit & 7)) & 1));
  }
  if (!json) out.ascii("'");
}

/** ENUM: the number of the member, from 1 on, or its name where the table map has it. */
export class EnumColumn implements RowColumn {
  readonly typeName: string;
  readonly #size: number;
  readonly #members: string[] | undefined;

  constructor(size: number, members: string[] | undefined) {
    this.#size = size;
    this.#members = members;
    this.typeName = `ENUM(${size} byte${size > 1 ? "s" : ""})`;
  }

  print(cursor: RowCursor, writer: ValueWriter): void {
    const size = this.#size;
    cursor.need(size);
    const { view, at } = cursor;
    cursor.at = at + size;
    const value = size === 1 ? view.getUint8(at) : size === 2 ? view.getUint16(at, true) : 0;
    const member = value === 0 ? "" : this.#members?.[value - 1];
    if (this.#members && member !== undefined) writer.text(member);
    else writer.out.integer(value);
  }

  skip(cursor: RowCursor): void {
    cursor.skip(this.#size);
  }
}

/** SET: a bit for each member, little-endian, or their names where the table map has them. */
export class SetColumn implements RowColumn {
  readonly typeName: string;
  readonly #size: number;
  readonly #members: string[] | undefined;

  constructor(size: number, members: string[] | undefined) {
    this.#size = size;
    this.#members = members;
    this.typeName = `SET(${size} byte${size > 1 ? "s" : ""})`;
  }

  print(cursor: RowCursor, writer: ValueWriter): void {
    const size = this.#size;
    cursor.need(size);
    const bytes = cursor.bytes.slice(cursor.at, cursor.at + size).reverse();
    cursor.at += size;
    const members = this.#members;
    if (!members) {
      writer.jsonQuote();
      writeBits(writer, bytes, 0, size, 8 * size);
      writer.jsonQuote();
      return;
    }
    const chosen: string[] = [];
    for (let bit = 0; bit < 8 * size; bit++) {
      const byte = bigEndian(bytes, size - 1 - (bit >> 3), 1);
      if (byte & (1 << (bit & 7))) chosen.push(members[bit] ?? `#${bit + 1}`);
    }
    writer.text(chosen.join(","));
  }

  skip(cursor: RowCursor): void {
    cursor.skip(this.#size);
  }
}
