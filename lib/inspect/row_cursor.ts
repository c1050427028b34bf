import { FormatError } from "../errors.ts";
import type { EventView } from "./event_view.ts";

const NO_BYTES = new Uint8Array(0);

/** Takes a piece of a value: bytes from `start` to `end`. */
export type PieceVisitor = (bytes: Uint8Array, start: number, end: number) => void;

/**
 * Goes through the rows of an event that may be larger than memory should be: whoever reads says how
 * many bytes it {@link need}s in a row at {@link at}, at most a value of limited size, and larger values
 * go by in pieces.
 *
 * @throws {FormatError} where the event ends within a value.
 */
export class RowCursor {
  /** Bytes [at, end) are there. */
  bytes: Uint8Array = NO_BYTES;
  view: DataView = new DataView(NO_BYTES.buffer);
  at = 0;
  end = 0;
  #event: EventView | undefined;
  /** Bytes of the rows that were not read from the event yet. */
  #left = 0;
  /** For values that lie in several pieces of the event. */
  #own: Uint8Array = NO_BYTES;
  #ownView = this.view;

  /** Begins with the rows of an event, `skip` bytes behind its start; the checksum is left out. */
  begin(event: EventView, skip: number): void {
    const bodySize = event.eventSize - event.checksumSize;
    const here = Math.min(event.headSize, bodySize);
    this.#event = event;
    this.#left = bodySize - here;
    this.#use(event.buffer);
    this.at = event.offset + skip;
    this.end = event.offset + here;
  }

  /** Begins with rows that are in memory whole. */
  beginBytes(bytes: Uint8Array): void {
    this.#event = undefined;
    this.#left = 0;
    this.#use(bytes);
    this.at = 0;
    this.end = bytes.length;
  }

  /** Whether nothing is left. */
  get done(): boolean {
    return this.at >= this.end && this.#left === 0;
  }

  /** Bytes that were not consumed. */
  get remaining(): number {
    return this.end - this.at + this.#left;
  }

  /** Makes `size` bytes available from {@link at} on, which may move. */
  need(size: number): void {
    if (this.end - this.at < size) this.#fill(size);
  }

  /** Throws FormatError where there are not `size` bytes left. */
  check(size: number): void {
    if (size > this.remaining) throw this.#short(size);
  }

  /** Passes over `size` bytes. */
  skip(size: number): void {
    if (this.end - this.at >= size) this.at += size;
    else this.pieces(size, () => {});
  }

  /** Shows `size` bytes piece by piece. */
  pieces(size: number, visit: PieceVisitor): void {
    if (size > this.remaining) throw this.#short(size);
    let left = size;
    while (left > 0) {
      const here = Math.min(left, this.end - this.at);
      if (here > 0) visit(this.bytes, this.at, this.at + here);
      this.at += here;
      left -= here;
      if (left > 0) this.#nextPart();
    }
  }

  #use(bytes: Uint8Array): void {
    if (this.bytes === bytes) return;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Replaces what was consumed by the next piece of the event. */
  #nextPart(): void {
    const part = this.#read();
    this.#use(part);
    this.at = 0;
    this.end = part.length;
  }

  #read(): Uint8Array {
    const part = this.#event?.nextPart();
    if (!part) throw this.#short(1);
    const size = Math.min(part.length, this.#left);
    this.#left -= size;
    return part.subarray(0, size);
  }

  /** Gathers what lies in several pieces. */
  #fill(size: number): void {
    if (size > this.remaining) throw this.#short(size);
    let have = this.end - this.at;
    const rest = this.bytes.slice(this.at, this.end);
    this.#grow(size);
    this.#own.set(rest);
    while (have < size) {
      const part = this.#read();
      this.#grow(have + part.length, have);
      this.#own.set(part, have);
      have += part.length;
    }
    this.bytes = this.#own;
    this.view = this.#ownView;
    this.at = 0;
    this.end = have;
  }

  #grow(size: number, keep = 0): void {
    if (this.#own.length >= size) return;
    const larger = new Uint8Array(size);
    larger.set(this.#own.subarray(0, keep));
    this.#own = larger;
    this.#ownView = new DataView(larger.buffer);
  }

  #short(size: number): FormatError {
    return new FormatError(`rows end too early: need ${size} bytes, got ${this.remaining}`, {
      field: "rows",
    });
  }
}
