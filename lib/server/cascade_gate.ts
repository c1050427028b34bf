import type { Logger } from "../log.ts";
import type { AckRequest } from "../pipeline/batch.ts";
import type { SemiSyncSource } from "./semi_sync_source.ts";

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

/** An ACK that the replicas have to give too, and when they are late with it. */
interface Awaited {
  ack: AckRequest;
  due: number;
}

/**
 * Holds ACKs to the upstream back until replicas of ours have acknowledged too: the upstream hears
 * of the lesser of what is durable here and the N-th highest position of the replicas. When they
 * take too long, it hears nothing more of it (`withhold`: its own time-out decides), or what is
 * durable here alone, until N replicas are back (`ack`). Each ACK has its own time, from when it was
 * asked for: under load there is always a newer one that they can't have given yet.
 */
export class CascadeGate {
  readonly #options: CascadeOptions;
  readonly #semiSync: SemiSyncSource;
  #pending: AckRequest | undefined;
  #send: Send | undefined;
  #sent: AckRequest | undefined;
  /** ACKs asked for that the replicas have not given, oldest first; none whose time is over. */
  readonly #awaited: Awaited[] = [];
  /** The newest one ever asked for. */
  #newest: AckRequest | undefined;
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
    this.#pending = this.#newest = ack;
    this.#send = send;
    this.#awaited.push({ ack, due: performance.now() + this.#options.timeoutMs });
    this.#check();
    if (!this.#pending) return;
    if (this.#late && this.#options.onTimeout === "ack") this.#release(ack);
    this.#arm();
  };

  /** The stream that asked is over: what it asked for is asked for anew by the next one. */
  streamEnded(): void {
    this.#drop(this.#awaited.length);
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
    return nth !== undefined && this.#semiSync.compare(nth, position) >= 0;
  }

  #check(): void {
    for (const wake of this.#waiters) wake();
    const nth = this.#semiSync.nthHighest(this.#options.count);
    if (!nth) return;
    const semiSync = this.#semiSync;
    const has = (ack: AckRequest): boolean => semiSync.compare(nth, ack) >= 0;
    const open = this.#awaited.findIndex(({ ack }) => !has(ack));
    const given = open < 0 ? this.#awaited.length : open;
    // Given in time, or nothing is left to give.
    const back = given > 0 || (this.#newest !== undefined && has(this.#newest));
    this.#drop(given);
    if (this.#late && back) {
      this.#late = false;
      this.#options.log.info("replicas acknowledge again", { count: this.#options.count });
    }
    const pending = this.#pending;
    if (!pending) return;
    if (has(pending)) this.#release(pending);
    else if (!this.#sent || semiSync.compare(nth, this.#sent) > 0) this.#forward(nth);
  }

  #drop(count: number): void {
    this.#awaited.splice(0, count);
    if (this.#awaited.length > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** One timer for all: those that were given meanwhile are not among them any more. */
  #arm(): void {
    const first = this.#awaited[0];
    if (!first) return;
    const left = Math.max(0, first.due - performance.now());
    this.#timer ??= setTimeout(() => this.#timeout(), left);
  }

  #release(ack: AckRequest): void {
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
    const now = performance.now();
    const open = this.#awaited.findIndex(({ due }) => due > now);
    const over = open < 0 ? this.#awaited.length : open;
    const last = this.#awaited[over - 1];
    this.#drop(over);
    this.#arm();
    if (last) this.#beLate(last.ack);
  }

  #beLate(ack: AckRequest): void {
    const { onTimeout, log, count, timeoutMs } = this.#options;
    if (!this.#late) {
      log.warning("replicas do not acknowledge in time", {
        needed: count,
        connected: this.#semiSync.clients,
        timeout_ms: timeoutMs,
        file: ack.file,
        position: ack.position,
        then: onTimeout === "ack" ? "acknowledging what is durable here" : "withholding the ACK",
      });
    }
    this.#late = true;
    if (onTimeout === "ack" && this.#pending) this.#release(this.#pending);
  }
}
