import { concat } from "@std/bytes";

/** Where the bytes go; Deno.stderr fits. */
export interface LogTarget {
  write(bytes: Uint8Array): Promise<number>;
  writeSync(bytes: Uint8Array): number;
}

/** Settings of {@link LogWriter}. */
export interface LogWriterOptions {
  /** Bytes that may wait for a reader. */
  heldMax?: number;
}

const UTF8 = new TextEncoder();
const HELD_MAX = 1024 * 1024;
/** What a pipe takes in one piece, with nothing of what others write to it in between. */
const PIECE_MAX = 4096;
const FLUSH_MS = 1000;

/**
 * Writes lines in their order without waiting for whoever reads them: a log collector that is stuck,
 * or a terminal at Ctrl-S, must not stop a dump. What waits is bounded; beyond it lines are dropped
 * until all that waits is written, and then {@link whenDropped} is told how many there were. A write
 * that fails is no matter: nobody is there to read it.
 */
export class LogWriter {
  /** Says of lines that were dropped; what it writes stands in their place. */
  whenDropped: (lines: number) => void = () => {};
  readonly #target: LogTarget;
  readonly #heldMax: number;
  #waiting: Uint8Array[] = [];
  #held = 0;
  #dropped = 0;
  #isBusy = false;
  #onIdle: (() => void)[] = [];

  constructor(target: LogTarget, options: LogWriterOptions = {}) {
    this.#target = target;
    this.#heldMax = options.heldMax ?? HELD_MAX;
  }

  /** Whether all is written. */
  get isIdle(): boolean {
    return !this.#isBusy;
  }

  write(text: string): void {
    const bytes = UTF8.encode(text);
    const isFull = this.#held > 0 && this.#held + bytes.length > this.#heldMax;
    // Once a line is missing, those behind it wait for the line that says so.
    if (isFull || this.#dropped > 0) {
      this.#dropped++;
      return;
    }
    this.#waiting.push(bytes);
    this.#held += bytes.length;
    if (!this.#isBusy) void this.#writeAll();
  }

  /** Writes before it returns, unless something is waiting: then it comes in its turn. */
  writeNow(text: string): void {
    if (this.#isBusy) return this.write(text);
    const bytes = UTF8.encode(text);
    try {
      let done = 0;
      while (done < bytes.length) done += this.#target.writeSync(bytes.subarray(done));
    } catch {
      // As above.
    }
  }

  /** Waits until all is written, but not for ever. */
  async flush(limitMs = FLUSH_MS): Promise<void> {
    if (!this.#isBusy) return;
    // Before the timer: the first one of a process may let others run while it is made.
    const idle = new Promise<void>((resolve) => this.#onIdle.push(resolve));
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => timer = setTimeout(resolve, limitMs));
    await Promise.race([idle, late]);
    clearTimeout(timer);
  }

  async #writeAll(): Promise<void> {
    this.#isBusy = true;
    while (this.#waiting.length > 0 || this.#dropped > 0) {
      if (this.#waiting.length > 0) await this.#writePiece(this.#nextPiece());
      else this.#tellDropped();
    }
    this.#isBusy = false;
    for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  #tellDropped(): void {
    const lines = this.#dropped;
    this.#dropped = 0;
    this.whenDropped(lines);
  }

  async #writePiece(piece: Uint8Array): Promise<void> {
    try {
      let done = 0;
      while (done < piece.length) done += await this.#target.write(piece.subarray(done));
    } catch {
      // A closed standard error must not stop a dump.
    }
  }

  /** Whole lines, as many as go in one piece. */
  #nextPiece(): Uint8Array {
    let size = this.#waiting[0]!.length;
    let count = 1;
    for (; count < this.#waiting.length; count++) {
      const next = this.#waiting[count]!.length;
      if (size + next > PIECE_MAX) break;
      size += next;
    }
    this.#held -= size;
    return concat(this.#waiting.splice(0, count));
  }
}
