/** Ticks in a row without a wait after which the ticking ends, so that bursts now and then have few. */
const QUIET_TICKS = 2;

/**
 * A time limit for each of many short waits, with one timer for all of them and no look at the clock:
 * either, for each, would take longer than the waits.
 */
export class Linger {
  readonly #ms: number;
  readonly #late: () => void;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** Number of the wait under way, and of the one that was at the last tick. */
  #wait = 0;
  #seen = 0;
  #waiting = false;
  #quiet = 0;

  /**
   * `ms`: how long each wait may take; one may take up to twice that. `late` is called when the wait
   * that was begun last has taken too long.
   */
  constructor(ms: number, late: () => void) {
    this.#ms = ms;
    this.#late = late;
  }

  /** A wait begins, and the one before it has ended. */
  begin(): void {
    this.#wait++;
    this.#waiting = true;
    if (this.#timer !== undefined) return;
    this.#seen = this.#wait;
    this.#quiet = 0;
    this.#timer = setInterval(this.#tick, this.#ms);
  }

  /** No wait is under way. */
  stop(): void {
    this.#waiting = false;
  }

  /** No wait follows, as far as is known. */
  end(): void {
    this.#waiting = false;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  readonly #tick = (): void => {
    if (!this.#waiting) {
      if (++this.#quiet >= QUIET_TICKS) this.end();
      return;
    }
    this.#quiet = 0;
    if (this.#seen !== this.#wait) this.#seen = this.#wait;
    else {
      this.#waiting = false;
      this.#late();
    }
  };
}
