/** `ms` of {@link Turns} by default. */
const TURN_MS = 50;

/**
 * Lets signals, timers and the progress line have a turn now and then during long work without waits
 * of its own. A turn costs a millisecond or more, so that none is taken after each small step.
 */
export class Turns {
  readonly #ms: number;
  #began = performance.now();

  constructor(ms = TURN_MS) {
    this.#ms = ms;
  }

  /** Whether the work has gone on for long enough. */
  get due(): boolean {
    return performance.now() - this.#began >= this.#ms;
  }

  /** Gives a turn to others where one is due. */
  async give(): Promise<void> {
    if (!this.due) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#began = performance.now();
  }
}
