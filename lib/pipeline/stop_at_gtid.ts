import { GtidSet } from "../gtid/gtid_set.ts";
import { MariadbPosition } from "../gtid/mariadb_position.ts";
import type { StopCondition, StopPoint } from "./stop_condition.ts";
import { HeldGtids } from "./stop_held_gtids.ts";

/**
 * Ends after the transaction that makes the store hold all of a GTID set. What came before the
 * store's first file (PREVIOUS_GTIDS, GTID_LIST) counts as held.
 */
export class StopAtGtid implements StopCondition {
  readonly #target: string;
  readonly #held: HeldGtids;

  /**
   * `held`: what the store holds of before the stream's first event; the transactions of the stream
   * are added to it as they end.
   */
  constructor(target: string, held: HeldGtids = new HeldGtids()) {
    this.#target = target;
    this.#held = held;
  }

  /** Whether all of it is held. */
  get satisfied(): boolean {
    if (this.#held.mysql) return this.#mysql().isSubsetOf(this.#held.mysql);
    return this.#held.mariadb?.covers(this.#mariadb()) ?? false;
  }

  #mysqlTarget: GtidSet | undefined;
  #mariadbTarget: MariadbPosition | undefined;

  #mysql(): GtidSet {
    return this.#mysqlTarget ??= GtidSet.parse(this.#target);
  }

  #mariadb(): MariadbPosition {
    return this.#mariadbTarget ??= MariadbPosition.parse(this.#target);
  }

  watches(): boolean {
    return true;
  }

  before(point: StopPoint): boolean {
    return point.startsTransaction && this.satisfied;
  }

  gtid(event: Uint8Array): void {
    this.#held.take(event);
  }

  after(): boolean {
    this.#held.transactionEnded();
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
