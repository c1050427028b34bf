/** Hosts remembered. */
const HOSTS_MAX = 10_000;
const FIRST_MS = 100;
const MOST_MS = 4000;
/** Failures are forgiven after this long without another one. */
const FORGET_MS = 60_000;

/** Slows down hosts whose logins fail: each failure in a row is answered later than the last one. */
export class FailedLogins {
  readonly #hosts = new Map<string, { count: number; last: number }>();

  /** Notes a failure and waits as long as it costs. */
  async failed(host: string): Promise<void> {
    const now = performance.now();
    const known = this.#hosts.get(host);
    const count = known && now - known.last < FORGET_MS ? known.count + 1 : 1;
    this.#hosts.delete(host);
    this.#hosts.set(host, { count, last: now });
    if (this.#hosts.size > HOSTS_MAX) {
      for (const oldest of this.#hosts.keys()) {
        this.#hosts.delete(oldest);
        break;
      }
    }
    const ms = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(count - 1, 10));
    await new Promise((resolve) => setTimeout(resolve, ms));
  }

  succeeded(host: string): void {
    this.#hosts.delete(host);
  }
}
