import type { Logger } from "../log.ts";
import type { AckRequest } from "../pipeline/batch.ts";
import { comparePositions, type SemiSyncSource } from "./semi_sync_source.ts";

/** What to do when replicas do not acknowledge in time. */
export type CascadeOnTimeout = "withhold" | "ack";

/** Settings of {@link CascadeGate}. */
export interface CascadeOptions {
  /** Replicas of distinct server_id that have to have acknowledged. */
  count: number;
  timeoutMs: number;
  onTimeout: CascadeOnTimeout;
  log: Logger;
}

type Send = (ack: AckRequest) => Promise<void>;

/**
 * Holds ACKs to the upstream back until replicas of ours have acknowledged too: the upstream hears
 * of the lesser of what is durable here and the N-th highest position of the replicas. When they
 * take too long, it hears nothing more of it (`withhold`: its own time-out decides), or what is
 * durable here alone, until N replicas are back (`ack`).
 */
export class CascadeGate {
  readonly #options: CascadeOptions;
  readonly #semiSync: SemiSyncSource;
  #pending: AckRequest | undefined;
  #send: Send | undefined;
  #sent: AckRequest | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The replicas were too slow, and are not back. */
  #late = false;
  #waiters = new Set<() => void>();

  constructor(semiSync: SemiSyncSource, options: CascadeOptions) {
    this.#semiSync = semiSync;
    this.#options = options;
    semiSync.onChange = () => this.#check();
  }

  /** For DumpOptions.delayAck. */
  readonly delayAck = (ack: AckRequest, send: Send): void => {
    this.#pending = ack;
    this.#send = send;
    this.#check();
    if (!this.#pending) return;
    if (this.#late && this.#options.onTimeout === "ack") this.#release(ack);
    else this.#timer ??= setTimeout(() => this.#timeout(), this.#options.timeoutMs);
  };

  /** The stream that asked is over: what it asked for is asked for anew by the next one. */
  streamEnded(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pending = undefined;
    this.#send = undefined;
    this.#sent = undefined;
  }

  /**
   * Waits, no longer than the time-out, until replicas have acknowledged everything up to `end`: a
   * new request to the upstream acknowledges that.
   */
  async reached(end: AckRequest | undefined, signal: AbortSignal): Promise<boolean> {
    if (!end) return true;
    const limit = performance.now() + this.#options.timeoutMs;
    while (!this.#covers(end)) {
      const left = limit - performance.now();
      if (left <= 0 || signal.aborted) return false;
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          this.#waiters.delete(done);
          resolve();
        };
        const timer = setTimeout(done, Math.min(left, 200));
        this.#waiters.add(done);
      });
    }
    return true;
  }

  #covers(position: AckRequest): boolean {
    const nth = this.#semiSync.nthHighest(this.#options.count);
    return nth !== undefined && comparePositions(nth, position) >= 0;
  }

  #check(): void {
    for (const wake of this.#waiters) wake();
    const pending = this.#pending;
    if (!pending) return;
    const nth = this.#semiSync.nthHighest(this.#options.count);
    if (!nth) return;
    if (comparePositions(nth, pending) >= 0) {
      if (this.#late) {
        this.#late = false;
        this.#options.log.info("replicas acknowledge again", { count: this.#options.count });
      }
      this.#release(pending);
    } else if (!this.#sent || comparePositions(nth, this.#sent) > 0) this.#forward(nth);
  }

  #release(ack: AckRequest): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pending = undefined;
    this.#forward(ack);
  }

  #forward(ack: AckRequest): void {
    this.#sent = ack;
    // A connection that broke is noticed by whoever reads from it.
    this.#send?.(ack).catch(() => {});
  }

  #timeout(): void {
    this.#timer = undefined;
    const pending = this.#pending;
    if (!pending) return;
    const { onTimeout, log, count, timeoutMs } = this.#options;
    if (!this.#late) {
      log.warning("replicas do not acknowledge in time", {
        needed: count,
        connected: this.#semiSync.clients,
        timeout_ms: timeoutMs,
        file: pending.file,
        position: pending.position,
        then: onTimeout === "ack" ? "acknowledging what is durable here" : "withholding the ACK",
      });
    }
    this.#late = true;
    if (onTimeout === "ack") this.#release(pending);
  }
}
