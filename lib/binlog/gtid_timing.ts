import { ByteReader } from "../bytes/byte_reader.ts";
import { EVENT_HEADER_SIZE } from "./event_header.ts";
import { EVENT_TYPE } from "./event_type.ts";
import { readVarUint } from "./gtid_event.ts";

/** Where the commit times begin: header; flags, UUID, gno, type, two logical timestamps. */
const TIMES_OFFSET = EVENT_HEADER_SIZE + 42;
/** Bit 55 of the immediate commit time: another one, the original, follows. */
const HAS_ORIGINAL = 0x80;
const TIME_SIZE = 7;
/** Field ids of GTID_TAGGED_LOG_EVENT (mysql/binlog/event/control_events.h). */
const FIELD = { UUID: 1, TAG: 3, IMMEDIATE: 6, ORIGINAL: 7, LENGTH: 8 } as const;
const UUID_SIZE = 16;

/**
 * What a MySQL GTID event says of when its transaction was committed, first of all where it comes
 * from, and how many bytes it takes in this file. 0 where the event, of an older server, says
 * nothing. One object is filled again and again, so that reading allocates nothing.
 */
export class GtidTiming {
  /** Microseconds since 1970: the original commit time, else the immediate one. */
  time = 0;
  /** Bytes of the whole transaction with this event and all checksums. */
  length = 0;

  /** Reads the event of `size` bytes without checksum at `offset`. */
  read(buffer: Uint8Array, offset: number, size: number): void {
    this.time = this.length = 0;
    if (buffer[offset + 4] === EVENT_TYPE.GTID_TAGGED_LOG_EVENT) {
      this.#readTagged(buffer.subarray(offset + EVENT_HEADER_SIZE, offset + size));
      return;
    }
    let at = offset + TIMES_OFFSET;
    const end = offset + size;
    if (at + TIME_SIZE > end) return;
    const original = (buffer[at + 6]! & HAS_ORIGINAL) !== 0;
    if (original) at += TIME_SIZE;
    if (at + TIME_SIZE > end) return;
    this.time = u48(buffer, at) + (buffer[at + 6]! & 0x7f) * 2 ** 48;
    at += TIME_SIZE;
    if (at >= end) return;
    const first = buffer[at]!;
    if (first < 0xfb) this.length = first;
    else if (first === 0xfc && at + 2 < end) this.length = u16(buffer, at + 1);
    else if (first === 0xfd && at + 3 < end) {
      this.length = u16(buffer, at + 1) + buffer[at + 3]! * 0x1_0000;
    } else if (first === 0xfe && at + 8 < end) {
      this.length = u48(buffer, at + 1) + u16(buffer, at + 7) * 2 ** 48;
    }
  }

  #readTagged(body: Uint8Array): void {
    const reader = new ByteReader(body);
    for (let i = 0; i < 3; i++) readVarUint(reader, "message head");
    while (reader.remaining > 0) {
      const id = Number(readVarUint(reader, "field id"));
      if (id === FIELD.UUID) {
        for (let i = 0; i < UUID_SIZE; i++) readVarUint(reader, "uuid");
        continue;
      }
      const value = Number(readVarUint(reader, "field"));
      if (id === FIELD.TAG) reader.skip(value, "tag");
      else if (id === FIELD.IMMEDIATE || id === FIELD.ORIGINAL) this.time = value;
      else if (id === FIELD.LENGTH) {
        this.length = value;
        return;
      }
    }
  }
}

function u16(buffer: Uint8Array, at: number): number {
  return buffer[at]! | (buffer[at + 1]! << 8);
}

function u48(buffer: Uint8Array, at: number): number {
  return u16(buffer, at) + u16(buffer, at + 2) * 0x1_0000 + u16(buffer, at + 4) * 0x1_0000_0000;
}
