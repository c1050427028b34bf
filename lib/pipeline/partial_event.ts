import { crc32 } from "../bytes/crc32.ts";
import { tooLargeError } from "./stream_errors.ts";

/** What is known of an event from its first part. */
export interface PartialEventHead {
  type: number;
  /** Position in the file where the event begins. */
  position: number;
  size: number;
  /** Bytes of checksum at its end: 0 or 4. */
  checksum: number;
  /** TRANSACTION_STATE, with TRANSACTION_ENDED, as it is once the event is complete. */
  stateAfter: number;
  ackRequested: boolean;
  /** Whether its bytes are wanted together once it is complete. */
  isCollected: boolean;
}

/** Bytes of an event that are collected, at the most: 4 million intervals of a GTID set. */
const COLLECTED_MAX = 64 * 1024 * 1024;

/**
 * Checks the CRC of an event that comes in parts; keeps no bytes but the last four, unless it is one to
 * be collected.
 */
export class PartialEvent implements PartialEventHead {
  readonly type: number;
  readonly position: number;
  readonly size: number;
  readonly checksum: number;
  readonly stateAfter: number;
  readonly ackRequested: boolean;
  readonly isCollected: boolean;
  /** The event without its checksum, where that is wanted. */
  readonly collected: Uint8Array | undefined;
  #crc = 0;
  /** The CRC at the end of the event, as far as it has come. */
  #stored = 0;
  #seen = 0;

  constructor(head: PartialEventHead) {
    this.type = head.type;
    this.position = head.position;
    this.size = head.size;
    this.checksum = head.checksum;
    this.stateAfter = head.stateAfter;
    this.ackRequested = head.ackRequested;
    this.isCollected = head.isCollected;
    if (!head.isCollected) return;
    const size = head.size - head.checksum;
    if (size > COLLECTED_MAX) throw tooLargeError(undefined, head.position, head.type, head.size);
    this.collected = new Uint8Array(size);
  }

  /** Bytes of the event not seen yet. */
  get missing(): number {
    return this.size - this.#seen;
  }

  /** Takes the next part, which is no longer than {@link missing}. */
  take(part: Uint8Array): void {
    if (this.collected && this.#seen < this.collected.length) {
      this.collected.set(part.subarray(0, this.collected.length - this.#seen), this.#seen);
    }
    if (this.checksum) {
      const body = Math.min(part.length, Math.max(0, this.size - this.checksum - this.#seen));
      if (body > 0) this.#crc = crc32(part.subarray(0, body), this.#crc);
      for (let i = body; i < part.length; i++) {
        this.#stored |= part[i]! << 8 * (this.#seen + i - (this.size - this.checksum));
      }
    }
    this.#seen += part.length;
  }

  /** CRC as computed and as stored, once the event is complete; equal when there is none. */
  checksums(): { computed: number; stored: number } {
    if (!this.checksum) return { computed: 0, stored: 0 };
    return { computed: this.#crc, stored: this.#stored >>> 0 };
  }
}
