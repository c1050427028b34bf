import type { TailPosition } from "../store/store_tail.ts";
import type { BinlogCatalog } from "./binlog_catalog.ts";

/** Waits for news at the end of the files, and knows when a heartbeat is due. */
export class TailWait {
  readonly #catalog: BinlogCatalog;
  readonly #heartbeatMs: number;
  readonly #signal: AbortSignal;
  #lastSent = performance.now();

  /** `heartbeatMs` 0: none. `signal` ends every wait. */
  constructor(catalog: BinlogCatalog, heartbeatMs: number, signal: AbortSignal) {
    this.#catalog = catalog;
    this.#heartbeatMs = heartbeatMs;
    this.#signal = signal;
  }

  /** Something was sent: the heartbeat period begins anew. */
  sent(): void {
    this.#lastSent = performance.now();
  }

  get heartbeatDue(): boolean {
    return this.#heartbeatMs > 0 && performance.now() - this.#lastSent >= this.#heartbeatMs;
  }

  /** Waits until the end differs from `seen`, a heartbeat is due, or the signal is aborted. */
  async news(seen: TailPosition | undefined): Promise<"news" | "heartbeat"> {
    if (this.#heartbeatMs <= 0) {
      await this.#catalog.tail.changed(seen, this.#signal);
      return "news";
    }
    const left = this.#heartbeatMs - (performance.now() - this.#lastSent);
    const controller = new AbortController();
    const abort = (): void => controller.abort();
    const timer = setTimeout(abort, Math.max(0, left));
    this.#signal.addEventListener("abort", abort, { once: true });
    try {
      if (!this.#signal.aborted) await this.#catalog.tail.changed(seen, controller.signal);
    } finally {
      clearTimeout(timer);
      this.#signal.removeEventListener("abort", abort);
    }
    return controller.signal.aborted && !this.#signal.aborted ? "heartbeat" : "news";
  }
}
