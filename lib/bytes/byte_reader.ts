import { FormatError } from "../errors.ts";

/** A U+FEFF at the beginning of a text belongs to it. */
const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Makes the error for a short or wrong field; lets a caller add file and position. */
export type FieldErrorFactory = (message: string, field: string) => Error;

const defaultError: FieldErrorFactory = (message, field) => new FormatError(message, { field });

/**
 * Bounds-checked little-endian reads that know the name of the field they read, so that a short
 * input is reported as "Cannot read server_id: need 4 bytes, got 2". Views, never copies.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #error: FieldErrorFactory;
  #offset: number;

  constructor(bytes: Uint8Array, offset = 0, error: FieldErrorFactory = defaultError) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#offset = offset;
    this.#error = error;
  }

  /** Offset of the next byte to read. */
  get offset(): number {
    return this.#offset;
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.bytes.length - this.#offset;
  }

  /** An error of this reader's kind, for a caller that finds a value it can't accept. */
  fail(message: string, field: string): Error {
    return this.#error(message, field);
  }

  #take(size: number, field: string): number {
    const at = this.#offset;
    if (!(size >= 0) || size > this.bytes.length - at) {
      throw this.#error(
        `Cannot read ${field}: need ${size} bytes, got ${Math.max(0, this.bytes.length - at)}`,
        field,
      );
    }
    this.#offset = at + size;
    return at;
  }

  /** The next byte without moving on; undefined at the end. */
  peek(): number | undefined {
    return this.bytes[this.#offset];
  }

  u8(field: string): number {
    return this.#view.getUint8(this.#take(1, field));
  }

  u16(field: string): number {
    return this.#view.getUint16(this.#take(2, field), true);
  }

  u24(field: string): number {
    const at = this.#take(3, field);
    return this.#view.getUint16(at, true) | (this.#view.getUint8(at + 2) << 16);
  }

  u32(field: string): number {
    return this.#view.getUint32(this.#take(4, field), true);
  }

  i32(field: string): number {
    return this.#view.getInt32(this.#take(4, field), true);
  }

  /** 48-bit unsigned, always exact in a number. */
  u48(field: string): number {
    const at = this.#take(6, field);
    return this.#view.getUint32(at, true) + this.#view.getUint16(at + 4, true) * 0x1_0000_0000;
  }

  /** 56-bit unsigned. */
  u56(field: string): bigint {
    const at = this.#take(7, field);
    const high = this.#view.getUint16(at + 4, true) | (this.#view.getUint8(at + 6) << 16);
    return BigInt(this.#view.getUint32(at, true)) | (BigInt(high) << 32n);
  }

  u64(field: string): bigint {
    return this.#view.getBigUint64(this.#take(8, field), true);
  }

  i64(field: string): bigint {
    return this.#view.getBigInt64(this.#take(8, field), true);
  }

  /** 64-bit unsigned that must fit a number exactly (sizes, positions). */
  u64Number(field: string): number {
    return this.#exact(this.u64(field), field);
  }

  /**
   * Length-encoded integer: 0x00–0xfa itself, 0xfc u16, 0xfd u24, 0xfe u64. 0xfb (NULL) and 0xff
   * are errors here.
   */
  lenenc(field: string): bigint {
    const first = this.u8(field);
    if (first < 0xfb) return BigInt(first);
    if (first === 0xfc) return BigInt(this.u16(field));
    if (first === 0xfd) return BigInt(this.u24(field));
    if (first === 0xfe) return this.u64(field);
    throw this.#error(`Cannot read ${field}: 0x${first.toString(16)} begins no length`, field);
  }

  /** {@link lenenc} that must fit a number exactly. */
  lenencNumber(field: string): number {
    return this.#exact(this.lenenc(field), field);
  }

  /** The next `size` bytes, as a view of the input. */
  take(size: number, field: string): Uint8Array {
    const at = this.#take(size, field);
    return this.bytes.subarray(at, at + size);
  }

  /** Everything that is left, as a view of the input. */
  rest(): Uint8Array {
    return this.take(this.remaining, "rest");
  }

  skip(size: number, field: string): void {
    this.#take(size, field);
  }

  /** UTF-8 text of `size` bytes. */
  text(size: number, field: string): string {
    return UTF8.decode(this.take(size, field));
  }

  /** UTF-8 text up to a NUL, which is consumed. */
  textNul(field: string): string {
    const end = this.bytes.indexOf(0, this.#offset);
    if (end < 0) throw this.#error(`Cannot read ${field}: no NUL ends it`, field);
    const text = this.text(end - this.#offset, field);
    this.#offset = end + 1;
    return text;
  }

  /** UTF-8 text behind a length-encoded length. */
  textLenenc(field: string): string {
    return this.text(this.lenencNumber(field), field);
  }

  /** Fails unless everything was read. */
  end(what: string): void {
    if (this.remaining > 0) {
      throw this.#error(`Cannot read ${what}: ${this.remaining} bytes left over`, what);
    }
  }

  #exact(value: bigint, field: string): number {
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw this.#error(`Cannot read ${field}: ${value} is beyond 2^53`, field);
    }
    return Number(value);
  }
}
