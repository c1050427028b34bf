import type { TailPosition } from "../store/store_tail.ts";
import type { TailNews } from "./tail_news.ts";

/** What ended a wait at the end of the files. */
export type TailOutcome = "news" | "heartbeat";

/**
 * Waits for news at the end of the files, and knows when a heartbeat is due. Timer and listener last
 * from one wait to the next: with a hundred replicas, making them anew for each event shows.
 */
export class TailWait {
  readonly #news: TailNews;
  readonly #heartbeatMs: number;
  readonly #signal: AbortSignal;
  #lastSent = performance.now();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #resolve: ((outcome: TailOutcome) => void) | undefined;

  /** `heartbeatMs` 0: none. `signal` ends every wait. */
  constructor(news: TailNews, heartbeatMs: number, signal: AbortSignal) {
    this.#news = news;
    this.#heartbeatMs = heartbeatMs;
    this.#signal = signal;
    signal.addEventListener("abort", this.#wake);
  }

  /** Something was sent: the heartbeat period begins anew. */
  sent(): void {
    this.#lastSent = performance.now();
  }

  get heartbeatDue(): boolean {
    return this.#heartbeatMs > 0 && performance.now() - this.#lastSent >= this.#heartbeatMs;
  }

  /** Waits until the end differs from `seen`, a heartbeat is due, or the signal is aborted. */
  async news(seen: TailPosition | undefined): Promise<TailOutcome> {
    if (this.#signal.aborted || !this.#news.wait(seen, this.#wake)) return "news";
    return await new Promise((resolve) => {
      this.#resolve = resolve;
      this.#arm();
    });
  }

  /** Nobody waits any more. */
  close(): void {
    this.#signal.removeEventListener("abort", this.#wake);
    clearTimeout(this.#timer);
    this.#end("news");
  }

  readonly #wake = (): void => this.#end("news");

  #end(outcome: TailOutcome): void {
    this.#news.leave(this.#wake);
    const resolve = this.#resolve;
    this.#resolve = undefined;
    resolve?.(outcome);
  }

  #arm(): void {
    if (this.#heartbeatMs <= 0 || this.#timer !== undefined) return;
    const left = this.#heartbeatMs - (performance.now() - this.#lastSent);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!this.#resolve) return;
      if (this.heartbeatDue) this.#end("heartbeat");
      else this.#arm();
    }, Math.max(0, left));
  }
}
