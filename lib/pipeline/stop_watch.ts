import { EVENT_TYPE } from "../binlog/event_type.ts";
import { TRANSACTION_STATE } from "../binlog/transaction_tracker.ts";
import type { StopCondition } from "./stop_condition.ts";

/** Types that a stop condition is shown. */
const GTID_TYPES: ReadonlySet<number> = new Set([
  EVENT_TYPE.GTID_LOG_EVENT,
  EVENT_TYPE.GTID_TAGGED_LOG_EVENT,
  EVENT_TYPE.GTID_EVENT,
  EVENT_TYPE.PREVIOUS_GTIDS_LOG_EVENT,
  EVENT_TYPE.GTID_LIST_EVENT,
]);

/** Where an event stands, for {@link StopWatch.before}. */
export interface WatchedEvent {
  file: string;
  position: number;
  size: number;
  /** TRANSACTION_STATE before and after it. */
  state: number;
  stateAfter: number;
  /** Where it is in the bytes, and how much of it is there by now. */
  offset: number;
  available: number;
  /** Bytes of checksum at its end. */
  checksum: number;
}

/** Shows a stop condition the events of the stream, and knows where an open transaction began. */
export class StopWatch {
  readonly #condition: StopCondition;
  #transactionStart = 0;

  constructor(condition: StopCondition) {
    this.#condition = condition;
  }

  /** Whether the condition wants to see the events of this file. */
  watches(file: string): boolean {
    return this.#condition.watches(file);
  }

  /** Whether a file as a whole is beyond the end. */
  beyond(file: string): boolean {
    return this.#condition.beyond(file);
  }

  /** A file begins, or is gone on with, at this position. */
  beginFile(position: number): void {
    this.#transactionStart = position;
  }

  /**
   * The position to stop at when this event may not be stored: its own, or the start of the
   * transaction it belongs to. In files that are not watched it may be stored.
   */
  before(bytes: Uint8Array, event: WatchedEvent): number | undefined {
    const { file, position, size, state, stateAfter, offset, available } = event;
    if (!this.watches(file)) return undefined;
    const startsTransaction = state === TRANSACTION_STATE.OUTSIDE && stateAfter !== state;
    if (startsTransaction) this.#transactionStart = position;
    const stops = this.#condition.before({
      file,
      position,
      endPosition: position + size,
      timestamp: new DataView(bytes.buffer, bytes.byteOffset + offset, 4).getUint32(0, true),
      startsTransaction,
    });
    if (stops) return state === TRANSACTION_STATE.OUTSIDE ? position : this.#transactionStart;
    if (available === size && GTID_TYPES.has(bytes[offset + 4]!)) {
      this.#condition.gtid?.(bytes.subarray(offset, offset + size - event.checksum));
    }
    return undefined;
  }

  /** Whether an event of this type that comes in parts is to be shown once it is whole. */
  collects(file: string, type: number): boolean {
    return this.#condition.gtid !== undefined && GTID_TYPES.has(type) && this.watches(file);
  }

  /** Shows an event that has come in parts. */
  collected(bytes: Uint8Array): void {
    this.#condition.gtid?.(bytes);
  }

  /** Whether the stream ends with the transaction that ends here. */
  after(file: string, position: number): boolean {
    return this.watches(file) && this.#condition.after(file, position);
  }
}
