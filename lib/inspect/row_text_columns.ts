import { unpackCompressedColumn } from "../binlog/values/compressed_column.ts";
import { isText } from "../binlog/values/escape.ts";
import type { RowColumn } from "./row_column.ts";
import type { RowCursor } from "./row_cursor.ts";
import { VALUE_SHOWN_MAX, type ValueWriter } from "./row_value_writer.ts";

/** Sizes that a binary column of an address or UUID of MariaDB has. */
const UUID_SIZE = 16;
const INET4_SIZE = 4;

/** Reads a little-endian length of 1 to 4 bytes and moves behind it. */
export function readLength(cursor: RowCursor, width: number): number {
  cursor.need(width);
  const { view, at } = cursor;
  cursor.at = at + width;
  switch (width) {
    case 1:
      return view.getUint8(at);
    case 2:
      return view.getUint16(at, true);
    case 3:
      return view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    default:
      return view.getUint32(at, true);
  }
}

/** A value behind its length. What kind of value decides how its bytes are written. */
export abstract class SizedColumn implements RowColumn {
  readonly typeName: string;
  readonly #width: number;
  protected readonly charset: string | undefined;

  constructor(typeName: string, width: number, charset?: string) {
    this.typeName = typeName;
    this.#width = width;
    this.charset = charset;
  }

  print(cursor: RowCursor, writer: ValueWriter): void {
    const size = readLength(cursor, this.#width);
    if (size > VALUE_SHOWN_MAX) {
      cursor.check(size);
      if (!writer.fullValues) writer.beginning(cursor, size, this.charset);
      else writer.streamed(cursor, size, this.charset);
      return;
    }
    cursor.need(size);
    const { bytes, at } = cursor;
    this.write(writer, bytes, at, at + size);
    cursor.at = at + size;
  }

  skip(cursor: RowCursor): void {
    cursor.skip(readLength(cursor, this.#width));
  }

  protected abstract write(
    writer: ValueWriter,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void;
}

/** CHAR, VARCHAR, TEXT, BINARY, VARBINARY and BLOB. */
export class TextColumn extends SizedColumn {
  protected override write(
    writer: ValueWriter,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    writer.bytes(bytes, start, end, this.charset);
  }
}

/** MariaDB's COMPRESSED strings and blobs, shown unpacked; those too large for that as packed bytes. */
export class CompressedTextColumn extends SizedColumn {
  readonly #unpacked: string | undefined;

  /** `charset` is that of the text unpacked. */
  constructor(typeName: string, width: number, charset?: string) {
    super(typeName, width, "binary");
    this.#unpacked = charset;
  }

  protected override write(
    writer: ValueWriter,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    const content = unpackCompressedColumn(bytes, start, end);
    writer.bytes(content, 0, content.length, this.#unpacked);
  }
}

function pad(bytes: Uint8Array, start: number, end: number, size: number): Uint8Array {
  const padded = new Uint8Array(size);
  padded.set(bytes.subarray(start, end));
  return padded;
}

function hexGroups(bytes: Uint8Array, ends: number[], separator: string): string {
  let text = "";
  for (const [i, byte] of bytes.entries()) {
    text += byte.toString(16).padStart(2, "0");
    if (ends.includes(i + 1)) text += separator;
  }
  return text;
}

/** The text of an IPv6 address, its longest run of zeros as `::`. */
export function inet6Text(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  const groups = Array.from({ length: 8 }, (_, i) => view.getUint16(2 * i).toString(16));
  let best = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let j = i;
    while (j < 8 && groups[j] === "0") j++;
    if (j - i > length) [best, length] = [i, j - i];
  }
  if (best < 0) return groups.join(":");
  return `${groups.slice(0, best).join(":")}::${groups.slice(best + length).join(":")}`;
}

/**
 * A binary column of 4 or 16 bytes in a file of MariaDB: INET4, UUID, INET6 or BINARY look the same in
 * a binlog, so the bytes are shown, and what they would be as an address or UUID behind them. The server
 * leaves zeros at the end out.
 */
export class MariadbBinaryColumn extends SizedColumn {
  readonly #size: number;

  /** Without a character set it may hold text as well. */
  constructor(size: number, charset: string | undefined) {
    super(`BINARY(${size})`, 1, charset);
    this.#size = size;
  }

  /** Whether a column of this size may be one of these types. */
  static fits(size: number): boolean {
    return size === INET4_SIZE || size === UUID_SIZE;
  }

  protected override write(
    writer: ValueWriter,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    const size = this.#size;
    if (end - start > size || (this.charset === undefined && isText(bytes, start, end))) {
      writer.bytes(bytes, start, end, this.charset);
      return;
    }
    const value = pad(bytes, start, end, size);
    const texts = size === INET4_SIZE
      ? { inet4: value.join(".") }
      : { uuid: hexGroups(value, [4, 6, 8, 10], "-"), inet6: inet6Text(value) };
    if (writer.json) {
      const more = Object.entries(texts).map(([key, text]) => `,"${key}":"${text}"`).join("");
      writer.out.ascii('{"hex":"').hex(value).ascii(`"${more}}`);
      return;
    }
    writer.hex(value, 0, size);
    const more = Object.entries(texts).map(([key, text]) => `${key.toUpperCase()} ${text}`);
    writer.out.ascii(` /* ${more.join(" or ")} */`);
  }
}
