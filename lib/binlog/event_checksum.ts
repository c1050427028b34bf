import { crc32, crc32Range } from "../bytes/crc32.ts";
import { CHECKSUM_SIZE, EVENT_FLAG, HEADER_OFFSET } from "./event_header.ts";

/**
 * Checks the CRC32 at the end of events: of a whole one, of a format description, or of one that
 * comes in parts. After a mismatch {@link computed} and {@link stored} say what differs.
 */
export class EventChecksum {
  computed = 0;
  stored = 0;
  /** The last bytes of an event in parts: its checksum may be split between two of them. */
  readonly #footer = new DataView(new ArrayBuffer(CHECKSUM_SIZE));

  /** Whether the event of `size` bytes at `offset` has the CRC that it says. */
  matches(buffer: Uint8Array, view: DataView, offset: number, size: number): boolean {
    const end = offset + size - CHECKSUM_SIZE;
    this.computed = crc32Range(buffer, offset, end);
    this.stored = view.getUint32(end, true);
    return this.computed === this.stored;
  }

  /** The same for a format description, whose CRC was computed before the in-use flag was set. */
  matchesFormat(event: Uint8Array): boolean {
    const copy = event.slice();
    copy[HEADER_OFFSET.flags]! &= ~EVENT_FLAG.LOG_EVENT_BINLOG_IN_USE_F;
    return this.matches(copy, new DataView(copy.buffer), 0, copy.length);
  }

  /** Begins an event in parts. */
  begin(): void {
    this.computed = 0;
  }

  /**
   * Takes the next part, of which `after` bytes of the event are still to come; false when it was
   * the last one and the CRC differs.
   */
  addPart(part: Uint8Array, after: number): boolean {
    const body = Math.max(0, Math.min(part.length, part.length + after - CHECKSUM_SIZE));
    this.computed = crc32(part.subarray(0, body), this.computed);
    for (let i = body; i < part.length; i++) {
      this.#footer.setUint8(CHECKSUM_SIZE - (part.length - i) - after, part[i]!);
    }
    if (after > 0) return true;
    this.stored = this.#footer.getUint32(0, true);
    return this.computed === this.stored;
  }
}
