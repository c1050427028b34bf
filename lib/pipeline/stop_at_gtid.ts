import { HEADER_OFFSET } from "../binlog/event_header.ts";
import { EVENT_TYPE } from "../binlog/event_type.ts";
import { MissingGtids } from "./missing_gtids.ts";
import type { StopCondition, StopPoint } from "./stop_condition.ts";
import { HeldGtids } from "./stop_held_gtids.ts";

/**
 * Ends after the transaction that makes the store hold all of a GTID set. What came before the
 * store's first file (PREVIOUS_GTIDS, GTID_LIST) counts as held.
 */
export class StopAtGtid implements StopCondition {
  readonly #held: HeldGtids;
  readonly #missing: MissingGtids;
  /** Whether what is missing follows what is held transaction by transaction. */
  #follows = false;

  /**
   * `held`: what the store holds of before the stream's first event; the transactions of the stream
   * are added to it as they end.
   */
  constructor(target: string, held: HeldGtids = new HeldGtids()) {
    this.#held = held;
    this.#missing = new MissingGtids(target);
  }

  /** Whether all of it is held. */
  get satisfied(): boolean {
    if (!this.#follows) {
      this.#missing.begin(this.#held);
      this.#follows = this.#held.mysql !== undefined || this.#held.mariadb !== undefined;
    }
    return this.#missing.isEmpty;
  }

  watches(): boolean {
    return true;
  }

  before(point: StopPoint): boolean {
    return point.startsTransaction && this.satisfied;
  }

  gtid(event: Uint8Array): void {
    this.#held.take(event);
    const type = event[HEADER_OFFSET.eventType];
    // A file says what came before it.
    if (type === EVENT_TYPE.PREVIOUS_GTIDS_LOG_EVENT || type === EVENT_TYPE.GTID_LIST_EVENT) {
      this.#follows = false;
    }
  }

  after(): boolean {
    const gtid = this.#held.transactionEnded();
    if (gtid && this.#follows) this.#missing.take(gtid);
    return this.satisfied;
  }

  beyond(): boolean {
    return false;
  }
}

/**
 * Whether a text is a MariaDB position rather than a MySQL set; empty counts as a set. A UUID may
 * well begin with three groups of digits, but more follows.
 */
export function isMariadbGtidText(text: string): boolean {
  return /^\s*\d+-\d+-\d+\s*(?:,|$)/.test(text);
}
