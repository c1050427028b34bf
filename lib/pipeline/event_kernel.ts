import { EVENT_TYPE } from "../binlog/event_type.ts";
import { TRANSACTION_EVENTS } from "../binlog/transaction_tracker.ts";
import type { Batch } from "./batch.ts";
import type { BatchAllocator } from "./batch_pool.ts";

/**
 * The hot loop of the parser behind one small interface. A kernel handles a run of plain events,
 * each whole in one span and no larger than MOVED_MAX, and stops at the first span that is anything
 * else or looks wrong in any way; the parser then looks at that span with all the care and words it deserves.
 *
 * Of each event the kernel checks status byte, semi-sync header, size against packet, log_pos
 * against position and CRC; it moves the bytes to the end of what is to be stored, follows
 * transactions and notes ACK requests.
 */
export interface EventKernel {
  walk(batch: Batch, registers: Int32Array): void;
  /**
   * Cuts a run of packets that are whole in the batch into spans, and stops before anything else:
   * an empty or continued packet, one that is not all there, a wrong sequence id.
   */
  frame?(batch: Batch, registers: Int32Array): void;
  /** Memory the kernel can work on; a batch of other memory must not be given to it. */
  allocate?: BatchAllocator;
}

/** Indexes of the registers that deframer and kernel share. */
export const FRAME_REGISTER = {
  /** In, out: offset of the next packet header. */
  AT: 0,
  /** In: end of the socket bytes. */
  END: 1,
  /** In, out: spans in the table. */
  SPAN_COUNT: 2,
  /** In, out: sequence id that comes next. */
  SEQUENCE: 3,
  /** In: 1 where packets carry the semi-sync header. */
  SEMI_SYNC: 4,
  /** In: 1 where sequence ids are checked. */
  CHECK_SEQUENCE: 5,
} as const;

/** Number of those registers. */
export const FRAME_REGISTER_COUNT = 8;

/** Indexes of the registers that parser and kernel share. Offsets are in the batch's bytes. */
export const REGISTER = {
  /** In, out: the next span. */
  SPAN: 0,
  /** In: number of spans. */
  SPAN_COUNT: 1,
  /** In, out: end of the bytes to store. */
  OUT: 2,
  /** In, out: low 32 bits of the file position at OUT. */
  POSITION: 3,
  /** In, out: TRANSACTION_STATE. */
  STATE: 4,
  /** In: bytes before the event in a payload: 1, or 3 with the semi-sync header. */
  SKIP: 5,
  /** In: bytes of checksum at the end of an event: 0 or 4. */
  CHECKSUM: 6,
  /** Out: counters, added to. */
  EVENTS: 7,
  TRANSACTIONS: 8,
  /** Out: offset in the stored bytes where the last, and the one before, transaction ended; -1. */
  BOUNDARY: 9,
  PREVIOUS_BOUNDARY: 10,
  /** Out: offset in the stored bytes where the newest event that asked for an ACK ends; -1. */
  ACK: 11,
  /** Out: timestamp of the newest event. */
  TIMESTAMP: 12,
  /**
   * Out: offset in the stored bytes of the first event that its CRC does not fit, where the kernel
   * has gone on behind it; -1.
   */
  DAMAGED: 13,
} as const;

/** Number of registers. */
export const REGISTER_COUNT = 16;

/** What a kernel does with an event type: leave it to the parser, store it, follow it. */
export const EVENT_CLASS = { SPECIAL: 0, PLAIN: 1, TRANSACTION: 2 } as const;

/** Class of each event type. Unknown types are stored like any other. */
export const EVENT_CLASSES: Uint8Array<ArrayBuffer> = new Uint8Array(256).fill(EVENT_CLASS.PLAIN);
for (let type = 0; type < 256; type++) {
  if (TRANSACTION_EVENTS[type]) EVENT_CLASSES[type] = EVENT_CLASS.TRANSACTION;
}
for (
  const type of [
    EVENT_TYPE.UNKNOWN_EVENT,
    EVENT_TYPE.ROTATE_EVENT,
    EVENT_TYPE.STOP_EVENT,
    EVENT_TYPE.FORMAT_DESCRIPTION_EVENT,
    EVENT_TYPE.HEARTBEAT_LOG_EVENT,
    EVENT_TYPE.HEARTBEAT_LOG_EVENT_V2,
  ]
) {
  EVENT_CLASSES[type] = EVENT_CLASS.SPECIAL;
}
