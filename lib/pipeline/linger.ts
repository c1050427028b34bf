/**
 * A time limit for each of many short waits, with one timer for all of them and no look at the clock:
 * either, for each, would take longer than the waits.
 */
export class Linger {
  readonly #ms: number;
  readonly #late: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Number of the wait under way, and of the one that was when the timer began. */
  #wait = 0;
  #seen = 0;

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
    if (this.#timer === undefined) this.#arm();
  }

  /** No wait is under way. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(): void {
    this.#seen = this.#wait;
    this.#timer = setTimeout(this.#look, this.#ms);
  }

  readonly #look = (): void => {
    this.#timer = undefined;
    if (this.#seen === this.#wait) this.#late();
    else this.#arm();
  };
}
