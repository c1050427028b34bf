const UTF8 = new TextEncoder();

/** The mirror of ByteReader: little-endian writes into a buffer that grows by doubling. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length = 0;

  constructor(capacity = 64) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  #grow(size: number): number {
    const at = this.#length;
    const need = at + size;
    if (need > this.#bytes.length) {
      const bytes = new Uint8Array(Math.max(need, this.#bytes.length * 2));
      bytes.set(this.#bytes.subarray(0, at));
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer);
    }
    this.#length = need;
    return at;
  }

  u8(value: number): this {
    const at = this.#grow(1);
    this.#view.setUint8(at, value);
    return this;
  }

  u16(value: number): this {
    const at = this.#grow(2);
    this.#view.setUint16(at, value, true);
    return this;
  }

  u24(value: number): this {
    const at = this.#grow(3);
    this.#view.setUint16(at, value & 0xffff, true);
    this.#view.setUint8(at + 2, value >>> 16);
    return this;
  }

  u32(value: number): this {
    const at = this.#grow(4);
    this.#view.setUint32(at, value, true);
    return this;
  }

  /** 64-bit unsigned from a bigint, or from a number below 2^53. */
  u64(value: bigint | number): this {
    const at = this.#grow(8);
    this.#view.setBigUint64(at, BigInt(value), true);
    return this;
  }

  i64(value: bigint | number): this {
    const at = this.#grow(8);
    this.#view.setBigInt64(at, BigInt(value), true);
    return this;
  }

  /** Length-encoded integer in its shortest form. */
  lenenc(value: bigint | number): this {
    if (value < 0xfb) return this.u8(Number(value));
    if (value < 0x1_0000) return this.u8(0xfc).u16(Number(value));
    if (value < 0x100_0000) return this.u8(0xfd).u24(Number(value));
    return this.u8(0xfe).u64(value);
  }

  bytes(value: Uint8Array): this {
    const at = this.#grow(value.length);
    this.#bytes.set(value, at);
    return this;
  }

  zeros(size: number): this {
    const at = this.#grow(size);
    this.#bytes.fill(0, at, at + size);
    return this;
  }

  text(value: string): this {
    return this.bytes(UTF8.encode(value));
  }

  textNul(value: string): this {
    return this.text(value).u8(0);
  }

  textLenenc(value: string): this {
    return this.bytesLenenc(UTF8.encode(value));
  }

  bytesLenenc(value: Uint8Array): this {
    return this.lenenc(value.length).bytes(value);
  }

  /** What was written, as a view of the buffer; valid until the next write. */
  done(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }
}
