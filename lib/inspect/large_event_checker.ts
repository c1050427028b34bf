import type { LargeEventChecks } from "../binlog/event_scanner_options.ts";
import { LARGE_EVENT_QUEUE as Q } from "./large_event_queue.ts";

/** Below this a file is checked before another thread is up. */
const FILE_MIN = 64 * 1024 * 1024;
const WAIT_MS = 20;
/** A worker that checks nothing for so long will check no more. */
const STUCK_MS = 60_000;

/**
 * Checks large events of a file on another thread, while the file is read on past them. Says in the
 * end only whether all of them were good: where not, the file is to be read again without it, so that
 * what is said of damage does not depend on which thread found it.
 */
export class LargeEventChecker implements LargeEventChecks {
  readonly #path: string;
  readonly #fileSize: number;
  readonly #shared = new SharedArrayBuffer(Q.BYTES);
  readonly #control = new Int32Array(this.#shared, 0, Q.CONTROLS);
  readonly #entries = new Float64Array(this.#shared, Q.ENTRIES_OFFSET);
  #worker: Worker | undefined;
  #broken = false;

  private constructor(path: string, fileSize: number) {
    this.#path = path;
    this.#fileSize = fileSize;
  }

  /** One for the file, or undefined where it is not worth it. */
  static for(path: string, fileSize: number): LargeEventChecker | undefined {
    if (fileSize < FILE_MIN || navigator.hardwareConcurrency < 2) return undefined;
    return new LargeEventChecker(path, fileSize);
  }

  take(position: number, size: number): boolean {
    // What is not all there yet is for the one who reads the file to tell.
    if (position + size > this.#fileSize) return false;
    const produced = this.#control[Q.PRODUCED]!;
    if (produced - Atomics.load(this.#control, Q.CONSUMED) >= Q.LENGTH) return false;
    if (!this.#worker) this.#start();
    const at = (produced % Q.LENGTH) * 2;
    this.#entries[at] = position;
    this.#entries[at + 1] = size;
    Atomics.store(this.#control, Q.PRODUCED, produced + 1);
    Atomics.notify(this.#control, Q.PRODUCED);
    return true;
  }

  #start(): void {
    const url = new URL("./large_event_worker.ts", import.meta.url);
    this.#worker = new Worker(url, { type: "module" });
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#broken = true;
    };
    this.#worker.postMessage({ path: this.#path, shared: this.#shared });
  }

  /** Waits until everything that was taken is checked; true when all of it is good. */
  async finish(signal?: AbortSignal): Promise<boolean> {
    const control = this.#control;
    let end = performance.now() + STUCK_MS;
    for (;;) {
      signal?.throwIfAborted();
      const consumed = Atomics.load(control, Q.CONSUMED);
      if (consumed === control[Q.PRODUCED]) break;
      if (this.#broken || performance.now() > end) return false;
      Atomics.wait(control, Q.CONSUMED, consumed, WAIT_MS);
      if (Atomics.load(control, Q.CONSUMED) === consumed) {
        await new Promise((resolve) => setTimeout(resolve, 0)); // an error gets through
      } else end = performance.now() + STUCK_MS;
    }
    return control[Q.FAILED] === 0;
  }

  close(): void {
    Atomics.store(this.#control, Q.STOP, 1);
    Atomics.notify(this.#control, Q.PRODUCED);
    this.#worker?.terminate();
  }
}
