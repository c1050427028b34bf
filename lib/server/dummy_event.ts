import { crc32 } from "../bytes/crc32.ts";
import {
  CHECKSUM_SIZE,
  EVENT_FLAG,
  EVENT_HEADER_SIZE,
  HEADER_OFFSET,
} from "../binlog/event_header.ts";
import { EVENT_TYPE } from "../binlog/event_type.ts";

/** Body of a QUERY_EVENT up to its statement: post-header, no status variables, no database, NUL. */
const QUERY_HEAD = 14;
/** Body of a USER_VAR_EVENT beside the name: u32 length, u8 is NULL. */
const USER_VAR_HEAD = 5;
const SPACE = 0x20;
const { LOG_EVENT_SUPPRESS_USE_F, LOG_EVENT_THREAD_SPECIFIC_F } = EVENT_FLAG;

/** Makes the event of `size` bytes at `at` one of another type that changes no default database. */
export function retype(buffer: Uint8Array, at: number, type: number): void {
  buffer[at + HEADER_OFFSET.eventType] = type;
  buffer[at + HEADER_OFFSET.flags]! &= ~LOG_EVENT_THREAD_SPECIFIC_F;
  buffer[at + HEADER_OFFSET.flags]! |= LOG_EVENT_SUPPRESS_USE_F;
}

/**
 * An event of the same size that does nothing, in the place of one that a client does not know
 * (MariaDB, log_event_server.cc dummy_event): a QUERY_EVENT that is a comment, filled up with spaces;
 * where there is no room for that, a USER_VAR_EVENT that sets `@!dummyvar`, or as much of that name as
 * fits, to NULL. Everything else in the header stays. The event may come in pieces.
 */
export class DummyEvent {
  readonly #end: number;
  readonly #checksum: boolean;
  #body: Uint8Array | undefined;
  #type = 0;
  #done = 0;
  #crc = 0;

  /** For an event of `size` bytes, `checksum` of which are at its end. */
  constructor(size: number, checksum: boolean) {
    this.#checksum = checksum;
    this.#end = size - (checksum ? CHECKSUM_SIZE : 0);
  }

  /** Overwrites the next `length` bytes of the event, at `at`; the first piece has the whole header. */
  fill(buffer: Uint8Array, at: number, length: number): void {
    let from = at;
    if (this.#done === 0) {
      this.#body = this.#begin(buffer[at + HEADER_OFFSET.eventType]!);
      retype(buffer, at, this.#type);
      from += EVENT_HEADER_SIZE;
    }
    const bodyDone = this.#done + (from - at) - EVENT_HEADER_SIZE;
    const inside = Math.max(from, Math.min(at + length, at + this.#end - this.#done));
    const text = this.#body!.subarray(bodyDone, bodyDone + (inside - from));
    buffer.set(text, from);
    buffer.fill(SPACE, from + text.length, inside);
    if (this.#checksum) {
      this.#crc = crc32(buffer.subarray(at, inside), this.#crc);
      for (let i = inside; i < at + length; i++) {
        buffer[i] = this.#crc >>> (8 * (this.#done + (i - at) - this.#end));
      }
    }
    this.#done += length;
  }

  /** The body up to the spaces. */
  #begin(oldType: number): Uint8Array {
    const room = this.#end - EVENT_HEADER_SIZE;
    const encoder = new TextEncoder();
    if (room <= QUERY_HEAD) {
      this.#type = EVENT_TYPE.USER_VAR_EVENT;
      const body = new Uint8Array(room);
      const name = encoder.encode("!dummyvar").subarray(0, room - USER_VAR_HEAD);
      body[0] = name.length;
      body.set(name, USER_VAR_HEAD - 1);
      body[room - 1] = 1;
      return body;
    }
    this.#type = EVENT_TYPE.QUERY_EVENT;
    const text = encoder.encode(
      `# Dummy event replacing event type ${oldType} that slave cannot handle.`,
    ).subarray(0, room - QUERY_HEAD);
    const body = new Uint8Array(QUERY_HEAD + text.length);
    body.set(text, QUERY_HEAD);
    return body;
  }
}
