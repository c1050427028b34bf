import type { StoreTail, TailPosition } from "../store/store_tail.ts";

/** Whether a reader that has seen `seen` has something to send, or another file to go on with. */
function isNews(seen: TailPosition | undefined, now: TailPosition | undefined): boolean {
  return seen?.file !== now?.file || seen?.durable !== now?.durable;
}

/**
 * One look-out at the end of the files for all who wait there. What was written and is not durable
 * yet is nothing to them, and wakes nobody: only `onWritten` hears of it.
 */
export class TailNews {
  readonly #tail: StoreTail;
  readonly #onWritten: (position: TailPosition) => void;
  #waiters = new Set<() => void>();
  #watch: AbortController | undefined;

  constructor(tail: StoreTail, onWritten: (position: TailPosition) => void) {
    this.#tail = tail;
    this.#onWritten = onWritten;
  }

  /** Has `wake` called once when there is news; false, and nothing done, where there is some now. */
  wait(seen: TailPosition | undefined, wake: () => void): boolean {
    if (isNews(seen, this.#tail.position())) return false;
    this.#waiters.add(wake);
    if (!this.#watch) {
      const watch = this.#watch = new AbortController();
      this.#look(watch.signal);
    }
    return true;
  }

  /** `wake` is not called any more; nobody looks out for nobody. */
  leave(wake: () => void): void {
    if (!this.#waiters.delete(wake) || this.#waiters.size > 0) return;
    this.#watch?.abort();
    this.#watch = undefined;
  }

  async #look(signal: AbortSignal): Promise<void> {
    for (;;) {
      const before = this.#tail.position();
      if (before && before.written > before.durable) this.#onWritten(before);
      await this.#tail.changed(before, signal);
      if (signal.aborted) return;
      const now = this.#tail.position();
      // A tail that was closed resolves without a change: then those who wait have to see to it.
      if (isNews(before, now) || now === before) break;
    }
    const waiters = this.#waiters;
    this.#waiters = new Set();
    this.#watch = undefined;
    for (const wake of waiters) wake();
  }
}
