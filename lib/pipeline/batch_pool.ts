import { Batch, BATCH_BYTES } from "./batch.ts";

/**
 * Batches of one pipeline: as streams apart one being read, one being parsed, one being written, one
 * spare. Joined stages need no more than two.
 */
const BATCH_COUNT = 4;

/** Where the memory of batches comes from; a kernel with memory of its own gives its own. */
export interface BatchMemory {
  bytes: Uint8Array<ArrayBuffer>;
  spans?: Int32Array<ArrayBuffer>;
}

/** Makes the memory of the `index`-th batch. */
export type BatchAllocator = (index: number) => BatchMemory;

const allocate: BatchAllocator = () => ({ bytes: new Uint8Array(BATCH_BYTES) });

/**
 * A fixed number of batches, so that memory is bounded and a slow disk holds up the socket. Made
 * lazily: a quiet stream never touches more than two.
 */
export class BatchPool {
  readonly #allocate: BatchAllocator;
  readonly #free: Batch[] = [];
  readonly #waiting: ((batch: Batch) => void)[] = [];
  #idle: PromiseWithResolvers<void> | undefined;
  #made = 0;

  constructor(allocator: BatchAllocator = allocate) {
    this.#allocate = allocator;
  }

  /** Batches handed out at most. */
  static get count(): number {
    return BATCH_COUNT;
  }

  /** A reset batch, as soon as one is free. */
  acquire(): Promise<Batch> {
    let batch = this.#free.pop();
    if (!batch && this.#made < BATCH_COUNT) {
      const memory = this.#allocate(this.#made++);
      batch = new Batch(memory.bytes, memory.spans, (done) => this.#put(done));
    }
    if (!batch) return new Promise((resolve) => this.#waiting.push(resolve));
    batch.reset();
    return Promise.resolve(batch);
  }

  /** Waits until every batch has been handed back. */
  idle(): Promise<void> {
    if (this.#free.length === this.#made) return Promise.resolve();
    this.#idle ??= Promise.withResolvers<void>();
    return this.#idle.promise;
  }

  #put(batch: Batch): void {
    const next = this.#waiting.shift();
    if (next) {
      batch.reset();
      next(batch);
      return;
    }
    this.#free.push(batch);
    if (this.#free.length < this.#made) return;
    this.#idle?.resolve();
    this.#idle = undefined;
  }
}
