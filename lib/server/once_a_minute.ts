/** Keys remembered. */
const KEYS_MAX = 10_000;
const MINUTE_MS = 60_000;

/** Says of a key once a minute that it is news, so that nobody fills a log by doing it again. */
export class OnceAMinute {
  readonly #last = new Map<string, number>();

  isNews(key: string): boolean {
    const now = performance.now();
    const last = this.#last.get(key);
    if (last !== undefined && now - last < MINUTE_MS) return false;
    this.#last.delete(key);
    this.#last.set(key, now);
    if (this.#last.size > KEYS_MAX) {
      for (const oldest of this.#last.keys()) {
        this.#last.delete(oldest);
        break;
      }
    }
    return true;
  }
}
