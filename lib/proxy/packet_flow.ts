import { PACKET_CHUNK_MAX, PACKET_HEADER_SIZE } from "../protocol/packet.ts";

/** First bytes of a payload that are kept; a packet that has more is summarised by them. */
export const WINDOW_MAX = 64 * 1024;

const WINDOW_START = 4096;

/**
 * How the payload of a packet is treated: `undecided` until its first bytes are there; `plain` is
 * left as it is; `fill` is all secret; `sql` is looked through; `hold` waits for the whole packet,
 * which fits the window; `attributes` for a full window, in which a query's text begins.
 */
export type RedactMode = "undecided" | "plain" | "fill" | "sql" | "hold" | "attributes";

/** One direction of a conversation: the packet that is coming in, and its first bytes. */
export class PacketFlow {
  readonly header: Uint8Array<ArrayBuffer> = new Uint8Array(PACKET_HEADER_SIZE);
  /** Bytes of the header that are there. */
  headerSize = 0;
  /** Payload bytes of this part still to come. */
  left = 0;
  /** The part has the greatest size, so that another one of the same payload follows. */
  continues = false;
  /** A payload has begun and is not complete. */
  inside = false;
  /** Sequence id of the first part. */
  sequence = 0;
  /** Parts of this payload so far. */
  parts = 0;
  /** Size of the payload, as far as its parts have come. */
  length = 0;
  /** Payload bytes that have come. */
  received = 0;
  mode: RedactMode = "plain";
  #window = new Uint8Array(WINDOW_START);
  #windowSize = 0;

  /** The payload's first bytes. */
  get window(): Uint8Array<ArrayBuffer> {
    return this.#window.subarray(0, this.#windowSize);
  }

  /** Takes bytes of a header; true when it is complete. `taken` tells how many were used. */
  takeHeader(bytes: Uint8Array): { taken: number; complete: boolean } {
    const taken = Math.min(PACKET_HEADER_SIZE - this.headerSize, bytes.length);
    this.header.set(bytes.subarray(0, taken), this.headerSize);
    this.headerSize += taken;
    return { taken, complete: this.headerSize === PACKET_HEADER_SIZE };
  }

  /** Begins the part whose header is complete; true when it is the first of a payload. */
  beginPart(): boolean {
    const [a, b, c, sequence] = this.header as unknown as [number, number, number, number];
    this.left = a | (b << 8) | (c << 16);
    const first = !this.inside;
    if (first) {
      this.sequence = sequence;
      this.length = this.received = this.parts = 0;
      this.#windowSize = 0;
      this.mode = "undecided";
    }
    this.inside = true;
    this.length += this.left;
    this.parts++;
    this.continues = this.left === PACKET_CHUNK_MAX;
    return first;
  }

  /** Keeps bytes of the payload, as far as the window goes. */
  keep(bytes: Uint8Array, limit: number = WINDOW_MAX): void {
    const size = Math.min(bytes.length, limit - this.#windowSize);
    if (size <= 0) return;
    const need = this.#windowSize + size;
    if (need > this.#window.length) {
      const grown = new Uint8Array(Math.min(WINDOW_MAX, Math.max(need, this.#window.length * 2)));
      grown.set(this.window);
      this.#window = grown;
    }
    this.#window.set(bytes.subarray(0, size), this.#windowSize);
    this.#windowSize = need;
  }
}
