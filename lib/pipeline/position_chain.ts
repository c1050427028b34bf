/**
 * The four stages of every byte, counted from the position that the source was asked to begin at:
 * `acked <= durable <= written <= received`, asserted after each step. All begin at 0, `acked` too:
 * to a source the request itself acknowledges everything before its position. A violation is a bug in
 * binlogd, never a fault of the source, and must not be survived: an ACK would be a lie.
 */
export class PositionChain {
  #received = 0;
  #written = 0;
  #durable = 0;
  #acked = 0;

  get received(): number {
    return this.#received;
  }
  get written(): number {
    return this.#written;
  }
  get durable(): number {
    return this.#durable;
  }
  get acked(): number {
    return this.#acked;
  }

  /** The first `size` bytes asked for are in a file and on disk already, from before. */
  begin(size: number): void {
    this.#received += size;
    this.#written += size;
    this.#durable = this.#written;
    this.#check();
  }

  /** `size` more bytes have come that belong into a file. */
  receive(size: number): void {
    this.#received += size;
    this.#check();
  }

  /** `size` more bytes are in a file. */
  write(size: number): void {
    this.#written += size;
    this.#check();
  }

  /** A sync that began when `upTo` was written has succeeded. */
  sync(upTo: number): void {
    if (upTo > this.#durable) this.#durable = upTo;
    this.#check();
  }

  /** The source was told that everything up to `upTo` is on disk. */
  ack(upTo: number): void {
    if (upTo > this.#acked) this.#acked = upTo;
    this.#check();
  }

  #check(): void {
    const ordered = this.#acked <= this.#durable && this.#durable <= this.#written &&
      this.#written <= this.#received;
    if (!ordered || this.#acked < 0) {
      throw new Error(`Positions are out of order: ${this.toString()}`);
    }
  }

  toString(): string {
    return `acked ${this.#acked}, durable ${this.#durable}, written ${this.#written}, ` +
      `received ${this.#received}`;
  }
}
