import { ByteReader } from "../bytes/byte_reader.ts";
import { ProtocolError } from "../errors.ts";
import type { Field, FieldValue } from "./packet_view.ts";

/** Bytes of a field shown in hex before it is cut. */
const HEX_MAX = 64;

function shortRead(message: string, field: string): Error {
  return new ProtocolError(message, { field });
}

/** Bytes as hex digits, at most `max` of them. */
export function hexText(bytes: Uint8Array, max: number = HEX_MAX): string {
  let text = "";
  for (const byte of bytes.subarray(0, max)) text += byte.toString(16).padStart(2, "0");
  return bytes.length > max ? `${text}…` : text;
}

/**
 * Reads a payload field by field and remembers where each lies, so that one walk gives the meaning,
 * the JSON object and the marked hex dump. `total` is the size of the whole payload, of which
 * `bytes` may be the first part only.
 * @throws {ProtocolError} where a field is not wholly in `bytes`.
 */
export class FieldReader {
  readonly fields: Field[] = [];
  readonly bytes: Uint8Array;
  readonly total: number;
  readonly #reader: ByteReader;

  constructor(bytes: Uint8Array, total: number = bytes.length, offset = 0) {
    this.bytes = bytes;
    this.total = total;
    this.#reader = new ByteReader(bytes, offset, shortRead);
  }

  get offset(): number {
    return this.#reader.offset;
  }

  /** Bytes at hand that were not read yet. */
  get remaining(): number {
    return this.#reader.remaining;
  }

  peek(): number | undefined {
    return this.#reader.peek();
  }

  #add<T extends FieldValue>(name: string, start: number, value: T): T {
    this.fields.push({ name, offset: start, size: this.offset - start, value });
    return value;
  }

  /** Gives the last field a value that says more than its number. */
  show(value: FieldValue): void {
    const last = this.fields.at(-1);
    if (last) last.value = value;
  }

  u8(name: string): number {
    const start = this.offset;
    return this.#add(name, start, this.#reader.u8(name));
  }

  u16(name: string): number {
    const start = this.offset;
    return this.#add(name, start, this.#reader.u16(name));
  }

  u24(name: string): number {
    const start = this.offset;
    return this.#add(name, start, this.#reader.u24(name));
  }

  u32(name: string): number {
    const start = this.offset;
    return this.#add(name, start, this.#reader.u32(name));
  }

  u48(name: string): number {
    const start = this.offset;
    return this.#add(name, start, this.#reader.u48(name));
  }

  u64(name: string): bigint {
    const start = this.offset;
    return this.#add(name, start, this.#reader.u64(name));
  }

  lenenc(name: string): bigint {
    const start = this.offset;
    return this.#add(name, start, this.#reader.lenenc(name));
  }

  lenencNumber(name: string): number {
    const start = this.offset;
    return this.#add(name, start, this.#reader.lenencNumber(name));
  }

  /** `size` bytes, shown in hex. */
  take(size: number, name: string): Uint8Array {
    const start = this.offset;
    const bytes = this.#reader.take(size, name);
    this.#add(name, start, hexText(bytes));
    return bytes;
  }

  /** Bytes behind their length-encoded length. */
  takeLenenc(name: string): Uint8Array {
    const start = this.offset;
    const bytes = this.#reader.take(this.#reader.lenencNumber(name), name);
    this.#add(name, start, hexText(bytes));
    return bytes;
  }

  /** Bytes that mean nothing. */
  skip(size: number, name: string): void {
    const start = this.offset;
    this.#reader.skip(size, name);
    if (size > 0) this.#add(name, start, "");
  }

  text(size: number, name: string): string {
    const start = this.offset;
    return this.#add(name, start, this.#reader.text(size, name));
  }

  textNul(name: string): string {
    const start = this.offset;
    return this.#add(name, start, this.#reader.textNul(name));
  }

  /** Text up to a NUL, or to the end where a peer leaves the NUL out. */
  textNulOrRest(name: string): string {
    const end = this.bytes.indexOf(0, this.offset);
    return end < 0 ? this.text(this.remaining, name) : this.textNul(name);
  }

  textLenenc(name: string): string {
    const start = this.offset;
    return this.#add(name, start, this.#reader.textLenenc(name));
  }

  /** All text that is left at hand. */
  textRest(name: string): string {
    return this.text(this.remaining, name);
  }

  /** A value of a text row: SQL NULL is null. */
  textOrNull(name: string): string | null {
    const start = this.offset;
    if (this.peek() !== 0xfb) return this.#add(name, start, this.#reader.textLenenc(name));
    this.#reader.skip(1, name);
    return this.#add(name, start, null);
  }
}
