import { Decompress } from "fzstd";
import { EVENT_HEADER_SIZE, HEADER_OFFSET } from "../binlog/event_header.ts";
import type { FormatDescriptionEvent } from "../binlog/format_description_event.ts";
import { ScanWindow, type SyncReader, WINDOW_SIZE } from "../binlog/scan_window.ts";
import {
  decodeTransactionPayloadHead,
  PAYLOAD_COMPRESSION,
  type TransactionPayloadHead,
} from "../binlog/transaction_payload_event.ts";
import { ByteReader } from "../bytes/byte_reader.ts";
import { FormatError } from "../errors.ts";
import type { EventView } from "./event_view.ts";
import { checkZstdWindow } from "./event_zstd.ts";

/** So many packed bytes are unpacked at a time: they become at most 32 MiB. */
const PIECE = 1024;

/** The payload of a TRANSACTION_PAYLOAD_EVENT, unpacked as it is read. */
class PayloadReader implements SyncReader {
  readonly #event: EventView;
  #part: Uint8Array | undefined;
  /** Packed bytes behind #part. */
  #left: number;
  readonly #unpack: Decompress | undefined;
  readonly #ready: Uint8Array[] = [];
  #readyAt = 0;
  #ended = false;

  constructor(event: EventView, bodyEnd: number, head: TransactionPayloadHead, skip: number) {
    this.#event = event;
    this.#part = event.head.subarray(skip, Math.min(event.headSize, bodyEnd));
    this.#left = bodyEnd - skip - this.#part.length;
    if (head.compression === PAYLOAD_COMPRESSION.ZSTD) {
      checkZstdWindow(this.#part);
      this.#unpack = new Decompress((chunk, last) => {
        if (chunk.length > 0) this.#ready.push(chunk);
        if (last) this.#ended = true;
      });
    } else if (head.compression !== PAYLOAD_COMPRESSION.NONE) {
      throw new FormatError(`Cannot unpack a transaction: compression ${head.compression}`, {
        field: "compression",
        expected: "0 (ZSTD) or 255 (none)",
        found: String(head.compression),
      });
    }
  }

  readSync(buffer: Uint8Array): number | null {
    if (!this.#unpack) return this.#copy(buffer);
    while (this.#ready.length === 0) {
      if (this.#ended) return null;
      const packed = this.#take(PIECE);
      const last = this.#part === undefined;
      try {
        // The decoder keeps parts of what it gets, and the window is used again.
        this.#unpack.push(packed.slice(), last);
      } catch (cause) {
        throw new FormatError("Cannot unpack a transaction: its zstd stream is damaged", {
          field: "payload",
          cause,
        });
      }
      if (last) this.#ended = true;
    }
    const chunk = this.#ready[0]!;
    const size = Math.min(buffer.length, chunk.length - this.#readyAt);
    buffer.set(chunk.subarray(this.#readyAt, this.#readyAt + size));
    this.#readyAt += size;
    if (this.#readyAt === chunk.length) {
      this.#ready.shift();
      this.#readyAt = 0;
    }
    return size;
  }

  /** The next packed bytes, at most `size`; #part is undefined once all were taken. */
  #take(size: number): Uint8Array {
    const part = this.#part;
    if (!part) return new Uint8Array(0);
    const taken = part.subarray(0, size);
    this.#part = part.subarray(taken.length);
    if (this.#part.length === 0) this.#nextPart();
    return taken.length > 0 || !this.#part ? taken : this.#take(size);
  }

  #nextPart(): void {
    const part = this.#left > 0 ? this.#event.nextPart() : undefined;
    this.#part = part?.subarray(0, Math.min(part.length, this.#left));
    this.#left -= this.#part?.length ?? 0;
  }

  #copy(buffer: Uint8Array): number | null {
    const bytes = this.#part ? this.#part.subarray(0, buffer.length) : undefined;
    if (!bytes || bytes.length === 0) return null;
    // Copied before the next part overwrites it.
    buffer.set(bytes);
    this.#take(bytes.length);
    return bytes.length;
  }
}

/**
 * The events inside a TRANSACTION_PAYLOAD_EVENT, one after another, in a window of their own: memory
 * does not grow with the transaction. They have no checksum.
 *
 * @throws {FormatError} where it can't be unpacked or holds no whole events.
 */
export class PayloadEvents implements EventView {
  file = "";
  position = 0;
  endPosition = 0;
  format: FormatDescriptionEvent | undefined;
  readonly checksumSize = 0;
  payload: TransactionPayloadHead | undefined;
  timestamp = 0;
  eventType = 0;
  serverId = 0;
  eventSize = 0;
  logPos = 0;
  flags = 0;
  /** Where the event begins in the unpacked payload. */
  payloadOffset = 0;
  /** One window for all payloads; it reads from whichever is unpacked just now. */
  readonly #window: ScanWindow;
  #reader: PayloadReader | undefined;
  #partOffset = 0;
  #current = 0;

  constructor() {
    const readSync = (buffer: Uint8Array): number | null => this.#reader?.readSync(buffer) ?? null;
    this.#window = new ScanWindow({ readSync }, 0);
  }

  /** Begins with the payload of `event`, whose parts it uses up. */
  begin(event: EventView): void {
    this.file = event.file;
    this.position = event.position;
    this.endPosition = event.endPosition;
    this.format = event.format;
    const bodyEnd = event.eventSize - event.checksumSize;
    const head = event.head.subarray(0, Math.min(event.headSize, bodyEnd));
    const reader = new ByteReader(head, EVENT_HEADER_SIZE);
    this.payload = decodeTransactionPayloadHead(reader);
    this.#reader = new PayloadReader(event, bodyEnd, this.payload, reader.offset);
    this.#window.start = this.#window.end = this.#window.base = 0;
    this.#current = this.eventSize = this.#partOffset = 0;
  }

  get buffer(): Uint8Array {
    return this.#window.buffer;
  }

  get offset(): number {
    return this.#window.start;
  }

  get headSize(): number {
    return Math.min(this.eventSize, this.#window.end - this.#window.start);
  }

  get head(): Uint8Array {
    const { buffer, start } = this.#window;
    return buffer.subarray(start, start + this.headSize);
  }

  get whole(): boolean {
    return this.headSize === this.eventSize;
  }

  /** Moves to the next event; false at the end of the payload. */
  next(): boolean {
    while (this.#partOffset < this.eventSize) this.nextPart();
    const window = this.#window;
    window.start += this.#current;
    this.#current = 0;
    this.eventSize = this.#partOffset = 0;
    if (!window.fill(EVENT_HEADER_SIZE)) {
      if (window.end > window.start) throw this.#cutOff();
      return false;
    }
    const at = window.start;
    this.payloadOffset = window.base + at;
    const size = window.view.getUint32(at + HEADER_OFFSET.eventSize, true);
    if (size < EVENT_HEADER_SIZE) {
      throw new FormatError(`Cannot read a compressed transaction: event size ${size}`, {
        field: "event_size",
        expected: `at least ${EVENT_HEADER_SIZE}`,
        found: String(size),
      });
    }
    this.timestamp = window.view.getUint32(at, true);
    this.eventType = window.buffer[at + HEADER_OFFSET.eventType]!;
    this.serverId = window.view.getUint32(at + HEADER_OFFSET.serverId, true);
    this.logPos = window.view.getUint32(at + HEADER_OFFSET.logPos, true);
    this.flags = window.view.getUint16(at + HEADER_OFFSET.flags, true);
    if (!window.fill(Math.min(size, WINDOW_SIZE))) throw this.#cutOff();
    this.eventSize = size;
    this.#current = Math.min(size, WINDOW_SIZE);
    this.#partOffset = size <= WINDOW_SIZE ? size : this.headSize;
    return true;
  }

  nextPart(): Uint8Array | undefined {
    const left = this.eventSize - this.#partOffset;
    if (left <= 0) return undefined;
    const window = this.#window;
    window.empty();
    const want = Math.min(left, WINDOW_SIZE);
    if (!window.fill(want)) throw this.#cutOff();
    this.#partOffset += want;
    this.#current = want;
    return window.buffer.subarray(0, want);
  }

  #cutOff(): FormatError {
    return new FormatError("A compressed transaction ends within an event", { field: "payload" });
  }
}
