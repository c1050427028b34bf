import { awayFromPageStart } from "../bytes/away_from_page_start.ts";

/** Where the bytes come from; Deno.FsFile fits. */
export interface SyncReader {
  /** Null also where nothing is there yet. */
  readSync(buffer: Uint8Array): number | null;
  seekSync?(offset: number, whence: Deno.SeekMode): number;
  /** Whether so many bytes can be read now, or never; where it is missing they always can. */
  has?(bytes: number): boolean;
}

/** Size of the window; events up to this size are seen whole. */
export const WINDOW_SIZE = 1024 * 1024;
/** Bytes that are read first where what comes then may not be wanted. */
const FIRST_READ = 64 * 1024;

/**
 * A fixed window of memory that slides over a file. Bytes [start, end) of the buffer are there and
 * not used up; `start` is moved on by the owner.
 */
export class ScanWindow {
  readonly #reader: SyncReader;
  readonly buffer: Uint8Array<ArrayBuffer> = awayFromPageStart(WINDOW_SIZE);
  readonly view: DataView = new DataView(this.buffer.buffer, this.buffer.byteOffset);
  start = 0;
  end = 0;
  #readSize = WINDOW_SIZE;
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
      const most = Math.min(WINDOW_SIZE, Math.max(this.start + size, this.end + this.#readSize));
      const read = this.#reader.readSync(this.buffer.subarray(this.end, most));
      this.#readSize = Math.min(WINDOW_SIZE, this.#readSize * 2);
      if (!read) return false;
      this.end += read;
    }
    return true;
  }

  /** Whether `size` bytes from start on are in the window or can be read now, or never. */
  reaches(size: number): boolean {
    return this.#reader.has?.(size - (this.end - this.start)) ?? true;
  }

  /** Goes on at a later position of the file, which must be one that can seek. */
  skipTo(position: number): void {
    if (position <= this.base + this.end) {
      this.start = position - this.base;
      return;
    }
    this.#reader.seekSync!(position, Deno.SeekMode.Start);
    this.base = position;
    this.start = this.end = 0;
  }

  /** What comes may not be wanted: begins with small reads, which grow. */
  readLess(): void {
    this.#readSize = FIRST_READ;
  }

  /** Gives up all that is in the window. */
  empty(): void {
    this.base += this.end;
    this.start = this.end = 0;
  }
}
