/** Segments and bytes that wait for a gap to be filled; beyond these the gap is a loss. */
const WAITING_COUNT = 4096;
const WAITING_BYTES = 4 * 1024 * 1024;

/** Who gets the bytes of one direction, in order. */
export interface OrderedStreamHandler {
  bytes(bytes: Uint8Array, timeUs: number): void;
  /** So many bytes were not captured. */
  lost(size: number, timeUs: number): void;
}

interface Waiting {
  sequence: number;
  bytes: Uint8Array;
  timeUs: number;
}

/** Distance of two sequence numbers, which count modulo 2^32. */
function distance(from: number, to: number): number {
  return (to - from) | 0;
}

/**
 * One direction of a TCP connection: puts segments that overtook others in order, passes over what
 * comes again, and tells of what never came. Keeps at most 4 MiB.
 */
export class OrderedStream {
  readonly #handler: OrderedStreamHandler;
  #next: number | undefined;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;

  /** `next`: sequence number of the first byte; that of the first segment where undefined. */
  constructor(handler: OrderedStreamHandler, next: number | undefined) {
    this.#handler = handler;
    this.#next = next;
  }

  /** Sets the number of the first byte, where it was not known. */
  begin(next: number): void {
    this.#next ??= next;
  }

  /** Whether everything before `sequence` was delivered or given up. */
  reached(sequence: number): boolean {
    return this.#next !== undefined && distance(sequence, this.#next) >= 0;
  }

  /** Takes a segment, of which `missing` more bytes were on the wire. */
  take(sequence: number, bytes: Uint8Array, missing: number, timeUs: number): void {
    this.#next ??= sequence;
    const ahead = distance(this.#next, sequence);
    if (ahead > 0) {
      this.#wait(sequence, bytes, timeUs);
      return;
    }
    if (-ahead < bytes.length) this.#deliver(bytes.subarray(-ahead), timeUs);
    const skipped = missing - Math.max(0, -ahead - bytes.length);
    if (missing > 0 && skipped > 0) this.#lose(skipped, timeUs);
    this.#drain();
  }

  /** Nothing more comes: what waits is delivered, with the gaps told. */
  end(timeUs: number): void {
    while (this.#waiting.length > 0) this.#giveUp(timeUs);
  }

  #deliver(bytes: Uint8Array, timeUs: number): void {
    this.#next = (this.#next! + bytes.length) >>> 0;
    this.#handler.bytes(bytes, timeUs);
  }

  #lose(size: number, timeUs: number): void {
    this.#next = (this.#next! + size) >>> 0;
    this.#handler.lost(size, timeUs);
  }

  #wait(sequence: number, bytes: Uint8Array, timeUs: number): void {
    if (bytes.length === 0) return;
    const at = this.#waiting.findIndex((entry) => distance(sequence, entry.sequence) >= 0);
    const entry = { sequence, bytes: bytes.slice(), timeUs };
    this.#waiting.splice(at < 0 ? this.#waiting.length : at, 0, entry);
    this.#waitingBytes += bytes.length;
    if (this.#waiting.length > WAITING_COUNT || this.#waitingBytes > WAITING_BYTES) {
      this.#giveUp(timeUs);
    }
  }

  /** Goes on behind the gap. */
  #giveUp(timeUs: number): void {
    const gap = distance(this.#next!, this.#waiting[0]!.sequence);
    if (gap > 0) this.#lose(gap, timeUs);
    this.#drain();
  }

  /** Delivers what waited and is due now. */
  #drain(): void {
    while (this.#waiting.length > 0) {
      const { sequence, bytes, timeUs } = this.#waiting[0]!;
      const behind = -distance(this.#next!, sequence);
      if (behind < 0) return;
      this.#waiting.shift();
      this.#waitingBytes -= bytes.length;
      if (behind < bytes.length) this.#deliver(bytes.subarray(behind), timeUs);
    }
  }
}
