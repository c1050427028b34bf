/**
 * A time limit for each of many short waits, with one timer for all of them: setting one up for
 * each would take longer than the waits.
 */
export class Linger {
  readonly #ms: number;
  readonly #over = Promise.withResolvers<"late">();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #began = 0;

  /** `ms`: how long each wait may take; one may take up to twice that. */
  constructor(ms: number) {
    this.#ms = ms;
  }

  /** Fulfilled when the wait that was begun last has taken too long. */
  get over(): Promise<"late"> {
    return this.#over.promise;
  }

  /** A wait begins, and the one before it has ended. */
  begin(): void {
    this.#began = performance.now();
    this.#timer ??= setTimeout(() => this.#look(), this.#ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #look(): void {
    const rest = this.#began + this.#ms - performance.now();
    if (rest <= 0) this.#over.resolve("late");
    else this.#timer = setTimeout(() => this.#look(), rest);
  }
}
