import type { Logger } from "../log.ts";

/** What the source says of its semi-sync: Rpl_semi_sync_{source,master}_status, _no_tx, _clients. */
export interface SemiSyncStatus {
  /** Whether commits wait for an ACK. */
  on: boolean;
  /** Commits that returned without one since the source started or its counters were reset. */
  noTx: number;
  /** Semi-sync replicas connected. */
  clients: number;
}

/**
 * Follows the source's semi-sync status over the whole dump, connection after connection, and logs
 * each change once, with the number of commits that returned unacknowledged. Between two looks the
 * source may have fallen back and returned: the counter tells.
 */
export class SemiSyncWatch {
  readonly #log: Logger;
  #last: SemiSyncStatus | undefined;
  /** Commits unacknowledged since the source fell back. */
  #missed = 0;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** The newest status seen. */
  get status(): SemiSyncStatus | undefined {
    return this.#last;
  }

  /** Takes what the source says now. */
  observe(now: SemiSyncStatus): void {
    const before = this.#last;
    this.#last = now;
    // A counter that went back began again at 0: the source was restarted.
    const missed = before === undefined
      ? 0
      : now.noTx < before.noTx
      ? now.noTx
      : now.noTx - before.noTx;
    this.#missed += missed;
    const values = { unacknowledged: this.#missed, no_tx: now.noTx, clients: now.clients };
    if (!now.on) {
      if (before === undefined) {
        this.#log.warning("commits on the source do not wait for ACKs at present", values);
      } else if (before.on) {
        this.#log.warning("the source has fallen back to asynchronous replication", values);
      }
      return;
    }
    if (before && !before.on) this.#log.info("the source is back to semi-sync", values);
    else if (missed > 0) this.#log.warning("commits went unacknowledged", values);
    this.#missed = 0;
  }
}
