import type { StoreTail, TailPosition } from "./store_tail.ts";

/**
 * The growing end of a store as its one writer reports it. Lives as long as the process, across
 * connections; whoever follows the store in this process waits on it.
 */
export class StoreEnd implements StoreTail {
  #position: TailPosition | undefined;
  #waiters = new Set<() => void>();
  /** Set by the sink that is writing; makes what is written durable. */
  onSyncRequest: (() => void) | undefined;

  position(): TailPosition | undefined {
    return this.#position;
  }

  /** Called by the writer after each step. */
  update(position: TailPosition): void {
    const old = this.#position;
    if (
      old && old.file === position.file && old.written === position.written &&
      old.durable === position.durable
    ) return;
    this.#position = position;
    if (this.#waiters.size === 0) return;
    const waiters = this.#waiters;
    this.#waiters = new Set();
    for (const wake of waiters) wake();
  }

  changed(seen: TailPosition | undefined, signal: AbortSignal): Promise<void> {
    const now = this.#position;
    const same = now?.file === seen?.file && now?.written === seen?.written &&
      now?.durable === seen?.durable;
    if (!same || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener("abort", wake);
        this.#waiters.delete(wake);
        resolve();
      };
      signal.addEventListener("abort", wake, { once: true });
      this.#waiters.add(wake);
    });
  }

  requestSync(): void {
    this.onSyncRequest?.();
  }
}
