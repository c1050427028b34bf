/**
 * How long a stream has been waiting for its next bytes, without a look at the clock for each of its
 * reads: what matters is found out by who looks at this every second or so.
 */
export class IdleClock {
  #waiting = false;
  #reads = 0;
  #seen = -1;
  #since = 0;

  /** A read begins. */
  begin(): void {
    this.#waiting = true;
  }

  /** The read has ended. */
  end(): void {
    this.#waiting = false;
    this.#reads++;
  }

  /** Milliseconds that the read under way has taken since somebody first looked; 0 without one. */
  look(): number {
    const now = performance.now();
    if (this.#waiting && this.#reads === this.#seen) return now - this.#since;
    this.#seen = this.#waiting ? this.#reads : -1;
    this.#since = now;
    return 0;
  }
}
