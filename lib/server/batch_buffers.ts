import { RecentRead } from "./recent_read.ts";

/** Bytes of events that one batch takes at most. */
export const LARGE_INPUT = 1024 * 1024;
const SMALL_INPUT = 64 * 1024;
const TINY_INPUT = 16 * 1024;
/** Large buffers there are at once, over all connections. */
const LARGE_COUNT = 24;
/** Others that are kept: as many replicas at the end take one at the same moment, for each event. */
const SMALL_COUNT = 128;
const TINY_COUNT = 512;

/** A buffer for a batch: frames from 0 on, events from `gap` on. */
export interface BatchBuffer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView;
  /** Room for packet headers in front of the events. */
  readonly gap: number;
  /** Bytes of events it takes. */
  readonly input: number;
}

function makeBuffer(input: number): BatchBuffer {
  // Headers of 5 to 7 bytes for events of 31 bytes and more: a quarter is enough, and where it is
  // not the batch is written in two parts.
  const gap = input / 4;
  const bytes = new Uint8Array(gap + input);
  return { bytes, view: new DataView(bytes.buffer), gap, input };
}

/**
 * Buffers that the connections of a server share: held only while a batch is made and written, so
 * that a hundred replicas waiting at the end cost nothing. Large ones are limited in number; who
 * finds none takes a small one.
 */
export class BatchBuffers {
  readonly recent: RecentRead = new RecentRead();
  readonly #large: BatchBuffer[] = [];
  readonly #small: BatchBuffer[] = [];
  readonly #tiny: BatchBuffer[] = [];
  #made = 0;

  /** A buffer fit for `size` bytes of events, or smaller. */
  take(size: number): BatchBuffer {
    if (size > SMALL_INPUT) {
      const free = this.#large.pop();
      if (free) return free;
      if (this.#made < LARGE_COUNT) {
        this.#made++;
        return makeBuffer(LARGE_INPUT);
      }
    }
    if (size > TINY_INPUT) return this.#small.pop() ?? makeBuffer(SMALL_INPUT);
    return this.#tiny.pop() ?? makeBuffer(TINY_INPUT);
  }

  give(buffer: BatchBuffer): void {
    if (buffer.input === LARGE_INPUT) this.#large.push(buffer);
    else if (buffer.input === SMALL_INPUT) keep(this.#small, buffer, SMALL_COUNT);
    else keep(this.#tiny, buffer, TINY_COUNT);
  }
}

function keep(buffers: BatchBuffer[], buffer: BatchBuffer, count: number): void {
  if (buffers.length < count) buffers.push(buffer);
}
