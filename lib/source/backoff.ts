/** Settings of {@link Backoff}. */
export interface BackoffOptions {
  firstMs?: number;
  maxMs?: number;
  random?: () => number;
}

/** Pauses between tries: doubling from `firstMs` to `maxMs`, each with half of it at random. */
export class Backoff {
  readonly #first: number;
  readonly #max: number;
  readonly #random: () => number;
  #tries = 0;

  constructor(options: BackoffOptions = {}) {
    this.#first = options.firstMs ?? 200;
    this.#max = options.maxMs ?? 30_000;
    this.#random = options.random ?? Math.random;
  }

  /** Tries since the last success. */
  get tries(): number {
    return this.#tries;
  }

  /** The pause before the next try, in milliseconds. */
  next(): number {
    const full = Math.min(this.#max, this.#first * 2 ** Math.min(this.#tries++, 30));
    return full / 2 + this.#random() * full / 2;
  }

  /** Something worked. */
  reset(): void {
    this.#tries = 0;
  }
}
