import { Decompress } from "fzstd";
import { EVENT_HEADER_SIZE, HEADER_OFFSET } from "../binlog/event_header.ts";
import type { EventScanner } from "../binlog/event_scanner.ts";
import { ByteReader } from "../bytes/byte_reader.ts";
import { FormatError } from "../errors.ts";

/** Field types of a TRANSACTION_PAYLOAD_EVENT body, and the compression types. */
const FIELD = { END: 0, SIZE: 1, COMPRESSION: 2 } as const;
const COMPRESSION = { ZSTD: 0, NONE: 255 } as const;
/** As much of the beginning of each nested event is shown. */
const SHOWN = 64 * 1024;

/** Takes the beginning of each event within a payload: header and body, at most 64 KiB, no CRC. */
export type NestedEventVisitor = (event: Uint8Array, size: number) => void;

/** Cuts a stream of bytes into events and shows the beginning of each. */
class NestedEvents {
  readonly #visit: NestedEventVisitor;
  readonly #event = new Uint8Array(SHOWN);
  #have = 0;
  #size = 0;

  constructor(visit: NestedEventVisitor) {
    this.#visit = visit;
  }

  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      const want = this.#size || EVENT_HEADER_SIZE;
      const take = Math.min(bytes.length - at, want - this.#have);
      if (this.#have < SHOWN) {
        const part = bytes.subarray(at, at + Math.min(take, SHOWN - this.#have));
        this.#event.set(part, this.#have);
      }
      at += take;
      this.#have += take;
      if (this.#have < want) return;
      if (this.#size === 0) {
        const view = new DataView(this.#event.buffer);
        this.#size = view.getUint32(HEADER_OFFSET.eventSize, true);
        if (this.#size < EVENT_HEADER_SIZE) {
          throw new FormatError(`Cannot read a compressed transaction: event size ${this.#size}`);
        }
        if (this.#have < this.#size) continue;
      }
      this.#visit(this.#event.subarray(0, Math.min(this.#size, SHOWN)), this.#size);
      this.#have = this.#size = 0;
    }
  }
}

/**
 * Shows the events within the TRANSACTION_PAYLOAD_EVENT that a scanner stands on, unpacked as a stream:
 * memory does not grow with the transaction. Uses up the event's parts.
 *
 * Body: fields of (lenenc type, lenenc length, value) up to type 0; then the payload: events with
 * headers and without CRC.
 *
 * @throws {FormatError} where it can't be unpacked.
 */
export function visitPayload(scanner: EventScanner, visit: NestedEventVisitor): void {
  const head = scanner.head;
  const reader = new ByteReader(head, EVENT_HEADER_SIZE);
  let compression: number = COMPRESSION.ZSTD;
  let left = scanner.eventSize - scanner.checksumSize;
  for (;;) {
    const type = reader.lenencNumber("payload field type");
    if (type === FIELD.END) break;
    const size = reader.lenencNumber("payload field length");
    if (type === FIELD.COMPRESSION) {
      compression = new ByteReader(reader.take(size, "compression type")).lenencNumber("type");
    } else reader.skip(size, "payload field");
  }
  left -= reader.offset;
  const events = new NestedEvents(visit);
  const unpack = compression === COMPRESSION.ZSTD
    ? new Decompress((chunk) => events.push(chunk))
    : undefined;
  if (!unpack && compression !== COMPRESSION.NONE) {
    throw new FormatError(`Cannot unpack a transaction: compression type ${compression}`, {
      file: scanner.file,
      position: scanner.position,
    });
  }
  let part: Uint8Array | undefined = head.subarray(reader.offset);
  try {
    while (part && left > 0) {
      const bytes: Uint8Array = part.subarray(0, Math.min(part.length, left));
      left -= bytes.length;
      // The decoder keeps parts of what it gets, and the window is used again.
      if (unpack) unpack.push(bytes.slice(), left === 0);
      else events.push(bytes);
      part = scanner.nextPart();
    }
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    throw new FormatError(`Cannot unpack the transaction at ${scanner.file}:${scanner.position}`, {
      file: scanner.file,
      position: scanner.position,
      cause,
    });
  }
}
