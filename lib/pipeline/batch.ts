/**
 * The unit that flows from socket to disk: one buffer of up to 1 MiB as the socket filled it, with
 * tables the stages write into. Nothing is allocated per event; batches are reused.
 *
 * Memory: `bytes` is HEAD_SIZE of room followed by READ_SIZE for socket reads. A stage that has to
 * keep the beginning of a packet for the next batch copies it into that room, so that the first
 * min(length, HEAD_SIZE) bytes of every packet are always together in one batch.
 */

/** Bytes at the beginning of a packet that are never split between two batches. */
export const HEAD_SIZE = 32 * 1024;

/** Bytes read from the socket into one batch, at most. */
export const READ_SIZE = 1024 * 1024;

/** Flag of a span: the packet begins with it. */
export const SPAN_FIRST = 1;
/** The packet ends with the span. */
export const SPAN_LAST = 2;

/** Int32 words of one entry in the span table: offset, length, flags. */
export const SPAN_WORDS = 3;

/** The smallest packet is a header and one byte, so no batch holds more spans than this. */
const SPANS_MAX = Math.ceil((HEAD_SIZE + READ_SIZE) / 5) + 1;

/** Size of the memory behind one batch's `bytes`. */
export const BATCH_BYTES: number = HEAD_SIZE + READ_SIZE;

/**
 * Bytes to store that are up to this many are moved to the end of those before them, so that a batch
 * is written with few calls. For more, another call costs less than moving them.
 */
export const MOVED_MAX = 64 * 1024;

/** Something in the stream that is not bytes for the current file. `at` is an offset in `bytes`. */
export type Mark =
  /** The bytes to store go on at `next`; what is between is none of them. */
  | { kind: "gap"; at: number; next: number }
  /** Bytes from here on belong to `file`, beginning at `position`. */
  | { kind: "file"; at: number; file: string; position: number }
  /** The source closed the file here, with a ROTATE_EVENT to `nextFile` or with a STOP_EVENT. */
  | { kind: "closed"; at: number; nextFile?: string }
  /** A format description sent again for a start in the middle of a file; not stored. */
  | { kind: "format"; at: number; body: Uint8Array }
  /** The stop condition was met; the file is cut to `position`, and nothing follows. */
  | { kind: "stop"; at: number; position: number };

/** An ACK that the source asked for. */
export interface AckRequest {
  file: string;
  position: number;
}

/** One batch. Fields are filled stage by stage, in the order given here. */
export class Batch {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  /** Socket bytes are `bytes[start, end)`. */
  start = 0;
  end = 0;

  /** PacketDeframer: payload parts as SPAN_WORDS words each. */
  readonly spans: Int32Array<ArrayBuffer>;
  spanCount = 0;

  /** EventParser: bytes to store are `bytes[outStart, outEnd)` without its gaps, event after event. */
  outStart = 0;
  outEnd = 0;
  marks: Mark[] = [];
  events = 0;
  transactions = 0;
  /**
   * Position in the file at the end of the last whole event, and of the last two whole
   * transactions, as they stand after this batch.
   */
  eventEnd = 0;
  transactionEnd = 0;
  previousTransactionEnd = 0;
  /** Timestamp of the newest event, seconds. 0 when there was none. */
  timestamp = 0;

  /** SemiSyncAckTap: the newest position an ACK was asked for in this batch. */
  ack: AckRequest | undefined;

  readonly #release: (batch: Batch) => void;
  #holders = 1;

  constructor(
    bytes: Uint8Array<ArrayBuffer>,
    spans: Int32Array<ArrayBuffer> | undefined,
    release: (batch: Batch) => void,
  ) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.spans = spans ?? new Int32Array(SPANS_MAX * SPAN_WORDS);
    this.#release = release;
  }

  /** Bytes of the span table for SPANS_MAX entries. */
  static get spanTableBytes(): number {
    return SPANS_MAX * SPAN_WORDS * 4;
  }

  /** Ready for new socket bytes. */
  reset(): void {
    this.#holders = 1;
    this.start = this.end = HEAD_SIZE;
    this.spanCount = 0;
    this.outStart = this.outEnd = 0;
    if (this.marks.length > 0) this.marks = [];
    this.events = this.transactions = 0;
    this.timestamp = 0;
    this.ack = undefined;
  }

  /**
   * Adds `bytes[offset, offset + size)` to what is to be stored: moves a small part to its end, and
   * leaves a gap before a large one. Returns the size of the gap.
   */
  put(offset: number, size: number): number {
    const between = offset - this.outEnd;
    const gap = size > MOVED_MAX ? between : 0;
    if (gap > 0) {
      this.marks.push({ kind: "gap", at: this.outEnd, next: offset });
      this.outEnd = offset;
    } else if (between > 0) this.bytes.copyWithin(this.outEnd, offset, offset + size);
    this.outEnd += size;
    return gap;
  }

  /** Keeps the buffer from being reused until one more release(). */
  retain(): void {
    this.#holders++;
  }

  /** Hands the buffer back; the caller may not touch the batch after this. */
  release(): void {
    if (--this.#holders === 0) this.#release(this);
  }
}
