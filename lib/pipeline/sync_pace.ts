/** Syncs faster than this on the average are done in this thread; slower than that, no longer. */
const FAST_MS = 1;
const SLOW_MS = 2;
/** Weight of the newest sync in the average. */
const WEIGHT = 1 / 8;

/**
 * Decides whether a sync that an ACK waits for is done in this thread or given to another. The way
 * to another thread and back takes as long as a sync of a fast disk does; on a slow disk reading
 * from the socket goes on meanwhile. Begins careful, with another thread.
 */
export class SyncPace {
  #average = SLOW_MS;
  #inThread = false;

  /** Whether the next sync is to be done in this thread. */
  get inThread(): boolean {
    return this.#inThread;
  }

  /** A sync took `ms`. */
  took(ms: number): void {
    this.#average += (Math.min(ms, 4 * SLOW_MS) - this.#average) * WEIGHT;
    if (this.#average < FAST_MS) this.#inThread = true;
    else if (this.#average > SLOW_MS) this.#inThread = false;
  }
}
