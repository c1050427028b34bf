const UTF8 = new TextEncoder();
const CAPACITY = 256 * 1024;
/** Most bytes that one UTF-16 unit of a string becomes. */
const UTF8_MAX = 3;
const HEX = UTF8.encode("0123456789abcdef");
const ZERO = 0x30;
const MINUS = 0x2d;
const BILLION = 1e9;
/** Strings and bytes up to this length are written one by one. */
const SHORT = 64;
/** Longer strings are looked through first, and then copied by the runtime. */
const QUOTED_MAX = 256;

/** Takes what a {@link TextOutput} has gathered; the bytes are overwritten after it returns. */
export type FlushBytes = (bytes: Uint8Array) => void;

/**
 * Text that is written as bytes, through one reused buffer: no string is made for a number, and one
 * call of `flush` takes many lines. Without `flush` the buffer grows, for text that is looked at
 * afterwards.
 */
export class TextOutput {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;
  readonly #flush: FlushBytes | undefined;

  constructor(flush?: FlushBytes, capacity = CAPACITY) {
    this.#flush = flush;
    this.#bytes = new Uint8Array(capacity);
  }

  /** Bytes that were not flushed yet. */
  get length(): number {
    return this.#length;
  }

  /** What was not flushed yet, as a view. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Hands over what is there. */
  flush(): void {
    if (this.#length === 0 || !this.#flush) return;
    const length = this.#length;
    this.#length = 0;
    this.#flush(this.#bytes.subarray(0, length));
  }

  /** Forgets what was not flushed. */
  clear(): void {
    this.#length = 0;
  }

  /** Makes room for `size` bytes. */
  #reserve(size: number): void {
    if (this.#length + size <= this.#bytes.length) return;
    this.flush();
    if (this.#length + size <= this.#bytes.length) return;
    const bytes = new Uint8Array(Math.max(this.#length + size, this.#bytes.length * 2));
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
  }

  byte(value: number): this {
    if (this.#length === this.#bytes.length) this.#reserve(1);
    this.#bytes[this.#length++] = value;
    return this;
  }

  /** Text of which the caller knows that it is ASCII. */
  ascii(text: string): this {
    const size = text.length;
    this.#reserve(size);
    const bytes = this.#bytes;
    const at = this.#length;
    for (let i = 0; i < size; i++) bytes[at + i] = text.charCodeAt(i);
    this.#length = at + size;
    return this;
  }

  /** Any text. */
  text(text: string): this {
    if (text.length <= SHORT) {
      this.#reserve(text.length * UTF8_MAX);
      this.#length += UTF8.encodeInto(text, this.#bytes.subarray(this.#length)).written;
      return this;
    }
    return this.bytes(UTF8.encode(text));
  }

  /** Bytes as they are. What is larger than the buffer goes through it in pieces. */
  bytes(source: Uint8Array, start = 0, end: number = source.length): this {
    if (end - start <= SHORT) {
      // A view and a copy by the runtime cost more than this.
      if (this.#length + end - start > this.#bytes.length) this.#reserve(end - start);
      const target = this.#bytes;
      let to = this.#length;
      for (let from = start; from < end; from++) target[to++] = source[from]!;
      this.#length = to;
      return this;
    }
    return this.#longBytes(source, start, end);
  }

  /**
   * Bytes between two `quote`s, as long as all of them stand for themselves by `plain`, a table with 1 for
   * those that do; false, and nothing written, where one does not or where they are many.
   */
  quotedPlain(
    quote: number,
    source: Uint8Array,
    start: number,
    end: number,
    plain: Uint8Array,
  ): boolean {
    const size = end - start;
    if (size > QUOTED_MAX) return false;
    if (this.#length + size + 2 > this.#bytes.length) this.#reserve(size + 2);
    const bytes = this.#bytes;
    let at = this.#length;
    bytes[at++] = quote;
    for (let from = start; from < end; from++) {
      const byte = source[from]!;
      if (plain[byte] === 0) return false;
      bytes[at++] = byte;
    }
    bytes[at++] = quote;
    this.#length = at;
    return true;
  }

  #longBytes(source: Uint8Array, start: number, end: number): this {
    let at = start;
    while (at < end) {
      if (this.#length === this.#bytes.length) this.#reserve(1);
      const room = this.#flush ? this.#bytes.length - this.#length : end - at;
      if (!this.#flush) this.#reserve(room);
      const size = Math.min(room, end - at);
      this.#bytes.set(source.subarray(at, at + size), this.#length);
      this.#length += size;
      at += size;
    }
    return this;
  }

  /** A whole number up to 2^53 either way. */
  integer(value: number): this {
    this.#reserve(24);
    let rest = value;
    if (rest < 0) {
      this.#bytes[this.#length++] = MINUS;
      rest = -rest;
    }
    if (rest < 10) {
      this.#bytes[this.#length++] = ZERO + rest;
      return this;
    }
    let low = rest;
    if (rest >= BILLION) {
      const high = Math.floor(rest / BILLION);
      this.integer(high);
      low = rest - high * BILLION;
      return this.padded(low, 9);
    }
    let size = 2;
    for (let limit = 100; low >= limit && size < 9; limit *= 10) size++;
    const bytes = this.#bytes;
    for (let at = this.#length + size - 1; low > 0; at--) {
      const next = (low / 10) | 0;
      bytes[at] = ZERO + (low - next * 10);
      low = next;
    }
    this.#length += size;
    return this;
  }

  /** A number from 0 on with leading zeros: at least `width` digits, at most nine. */
  padded(value: number, width: number): this {
    this.#reserve(width);
    const bytes = this.#bytes;
    let rest = value;
    for (let i = width - 1; i >= 0; i--) {
      const next = (rest / 10) | 0;
      bytes[this.#length + i] = ZERO + (rest - next * 10);
      rest = next;
    }
    this.#length += width;
    return this;
  }

  /** `count` blanks, or another character. */
  fill(count: number, character = 0x20): this {
    if (count <= 0) return this;
    this.#reserve(count);
    this.#bytes.fill(character, this.#length, this.#length + count);
    this.#length += count;
    return this;
  }

  /** A number right-aligned in `width` columns. */
  right(value: number, width: number): this {
    let digits = 1;
    for (let limit = 10; value >= limit; limit *= 10) digits++;
    return this.fill(width - digits).integer(value);
  }

  /** ASCII text left-aligned in `width` columns. */
  left(text: string, width: number): this {
    return this.ascii(text).fill(width - text.length);
  }

  /** Two hex digits for each byte. */
  hex(source: Uint8Array, start = 0, end: number = source.length): this {
    for (let from = start; from < end; from += CAPACITY / 4) {
      const to = Math.min(end, from + CAPACITY / 4);
      this.#reserve(2 * (to - from));
      const bytes = this.#bytes;
      let at = this.#length;
      for (let i = from; i < to; i++) {
        const byte = source[i]!;
        bytes[at++] = HEX[byte >> 4]!;
        bytes[at++] = HEX[byte & 15]!;
      }
      this.#length = at;
    }
    return this;
  }
}
