/** Where the bytes come from; Deno.FsFile and Deno.stdin fit. */
export interface SyncReader {
  readSync(buffer: Uint8Array): number | null;
}

/** Size of the window; events up to this size are seen whole. */
export const WINDOW_SIZE = 1024 * 1024;

/**
 * A fixed window of memory that slides over a file. Bytes [start, end) of the buffer are there and
 * not used up; `start` is moved on by the owner.
 */
export class ScanWindow {
  readonly #reader: SyncReader;
  readonly buffer: Uint8Array<ArrayBuffer> = new Uint8Array(WINDOW_SIZE);
  readonly view: DataView = new DataView(this.buffer.buffer);
  start = 0;
  end = 0;
  /** File position of buffer offset 0. */
  base: number;

  constructor(reader: SyncReader, base: number) {
    this.#reader = reader;
    this.base = base;
  }

  /** Makes the window hold `size` bytes from start on; false when there are not so many yet. */
  fill(size: number): boolean {
    if (this.start > 0 && this.start + size > WINDOW_SIZE) {
      this.buffer.copyWithin(0, this.start, this.end);
      this.base += this.start;
      this.end -= this.start;
      this.start = 0;
    }
    while (this.end - this.start < size) {
      const read = this.#reader.readSync(this.buffer.subarray(this.end));
      if (!read) return false;
      this.end += read;
    }
    return true;
  }

  /** Gives up all that is in the window. */
  empty(): void {
    this.base += this.end;
    this.start = this.end = 0;
  }
}
