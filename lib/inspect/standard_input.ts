import type { SyncReader } from "../binlog/event_scanner.ts";
import { UsageError } from "../errors.ts";
import { readError } from "./binlog_folder.ts";

/** Bytes that are read at once; a pipe has 64 KiB of them at most. */
const CHUNK = 256 * 1024;
/** Of an event larger than this the rest is waited for without a look at signals. */
const HELD_MAX = 64 * 1024 * 1024;

/** Where the bytes come from; Deno.stdin fits. */
export interface InputSource {
  read(buffer: Uint8Array): Promise<number | null>;
  readSync(buffer: Uint8Array): number | null;
}

/**
 * Standard input for those who read synchronously, without a wait in which no signal would be seen:
 * they get what has come, are told that there is nothing else, and ask again after {@link more}. What
 * comes next is read meanwhile.
 */
export class StandardInput implements SyncReader {
  readonly #source: InputSource;
  readonly #signal: AbortSignal;
  /** Bytes [start, end) have come and were not read. */
  #held = new Uint8Array(CHUNK);
  #start = 0;
  #end = 0;
  #spare = new Uint8Array(CHUNK);
  /** The read into `spare` that is under way. */
  #coming: Promise<number | null> | undefined;
  /** Ends the wait for it. */
  #stop: ((read: null) => void) | undefined;
  #ended = false;
  /** Bytes that were asked for at once and are not there. */
  #wanted = 0;
  /** Bytes behind what is held that may be waited for synchronously. */
  #owed = 0;

  constructor(signal: AbortSignal, source: InputSource = Deno.stdin) {
    this.#signal = signal;
    this.#source = source;
    signal.addEventListener("abort", () => this.#stop?.(null));
  }

  /** @throws {UsageError} where nobody sends anything. */
  static open(command: string, signal: AbortSignal): StandardInput {
    if (!Deno.stdin.isTerminal()) return new StandardInput(signal);
    const hint = `binlogd ${command} - < FILE`;
    throw new UsageError("Standard input is a terminal", { hint });
  }

  readSync(buffer: Uint8Array): number | null {
    const size = Math.min(buffer.length, this.#end - this.#start);
    if (size > 0) {
      buffer.set(this.#held.subarray(this.#start, this.#start + size));
      this.#start += size;
      return size;
    }
    if (this.#owed === 0) return null;
    const read = this.#readOwed(buffer.subarray(0, this.#owed));
    this.#owed = read === null ? 0 : this.#owed - read;
    return read;
  }

  #readOwed(buffer: Uint8Array): number | null {
    try {
      return this.#source.readSync(buffer);
    } catch (cause) {
      throw readError("standard input", cause);
    }
  }

  /** Whether so many bytes can be read now, or never. If not, {@link more} waits for all of them. */
  has(bytes: number): boolean {
    const held = this.#end - this.#start;
    if (held >= bytes || this.#ended) return true;
    if (held >= HELD_MAX && !this.#coming) {
      this.#owed = bytes - held;
      return true;
    }
    this.#wanted = bytes;
    return false;
  }

  /**
   * Waits for more; false at the end of the input, or when told to end.
   * @throws {StoreError} where it can't be read.
   */
  async more(): Promise<boolean> {
    const wanted = this.#wanted;
    this.#wanted = 0;
    do {
      const read = await this.#next();
      // Whoever wanted more than there is has to be told that there is no more.
      if (!read) return wanted > 0 && !this.#signal.aborted;
      this.#take(read);
    } while (this.#end - this.#start < Math.min(wanted, HELD_MAX));
    if (wanted <= HELD_MAX) this.#readAhead();
    return true;
  }

  #readAhead(): Promise<number | null> {
    if (this.#coming) return this.#coming;
    const coming = this.#source.read(this.#spare.subarray(0, CHUNK));
    coming.catch(() => {}); // told when it is waited for
    return this.#coming = coming;
  }

  /** Waits for the read that is under way; 0 at the end. */
  async #next(): Promise<number> {
    if (this.#ended || this.#signal.aborted) return 0;
    let read: number | null;
    try {
      read = await new Promise<number | null>((resolve, reject) => {
        this.#stop = resolve;
        this.#readAhead().then(resolve, reject);
      });
    } catch (cause) {
      throw readError("standard input", cause);
    }
    if (this.#signal.aborted) return 0;
    this.#coming = undefined;
    this.#ended = read === null;
    return read ?? 0;
  }

  /** Puts what was read behind what is held. */
  #take(read: number): void {
    if (this.#start === this.#end) {
      const used = this.#held.length > CHUNK ? new Uint8Array(CHUNK) : this.#held;
      [this.#held, this.#spare] = [this.#spare, used];
      this.#start = 0;
      this.#end = read;
      return;
    }
    if (this.#held.length - this.#end < read) this.#makeRoom(read);
    this.#held.set(this.#spare.subarray(0, read), this.#end);
    this.#end += read;
  }

  #makeRoom(bytes: number): void {
    const held = this.#held.subarray(this.#start, this.#end);
    this.#held = new Uint8Array(2 * (held.length + bytes));
    this.#held.set(held);
    this.#end = held.length;
    this.#start = 0;
  }
}
