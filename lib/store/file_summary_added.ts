import type { ScannedFile } from "./file_summary.ts";
import { openOwnFile } from "./open_own_file.ts";
import { tryLock } from "./store_lock.ts";
import { unlock } from "./unlock.ts";

/** Where so much waits for the index, no more is added: it may be that nobody ever lists the store. */
const SIZE_MAX = 64 * 1024 * 1024;
/** Who writes the index has its lock for a moment: tried so often again. */
const TRIES = 5;
const TRY_MS = 50;
const NEWLINE = 0x0a;
const UTF8 = new TextEncoder();

/**
 * Summaries that are not in the index at `path` yet, in a file PATH.new beside it: what one costs
 * does not depend on how many there are. Each is a line of JSON, {"summary", "points"}, appended
 * under the lock of the index, PATH.lock, and not synced. A line begins with its newline, so that it
 * is whole whatever became of the one before; one that was cut is no JSON and counts as not there.
 */
export class AddedSummaries {
  readonly #index: string;
  readonly #path: string;

  constructor(index: string) {
    this.#index = index;
    this.#path = `${index}.new`;
  }

  /**
   * Adds a file that was scanned; reads nothing. False where it was left out: others have the lock,
   * or too much waits already.
   */
  async append(scanned: ScannedFile, signal?: AbortSignal): Promise<boolean> {
    if (await this.isFull()) return false;
    const lock = await openOwnFile(`${this.#index}.lock`);
    try {
      for (let tries = 1; !await tryLock(lock); tries++) {
        if (tries === TRIES || signal?.aborted) return false;
        await new Promise((resolve) => setTimeout(resolve, TRY_MS));
      }
      await this.#write(scanned);
      return true;
    } finally {
      unlock(lock);
    }
  }

  async #write(scanned: ScannedFile): Promise<void> {
    const bytes = UTF8.encode("\n" + JSON.stringify(scanned));
    using file = await openOwnFile(this.#path);
    await file.seek(0, Deno.SeekMode.End);
    for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
  }

  /** Whether so much waits that nothing more is taken. */
  async isFull(): Promise<boolean> {
    return await Deno.stat(this.#path).then(({ size }) => size >= SIZE_MAX, () => false);
  }

  /** All that were added, oldest first. */
  *read(): Generator<ScannedFile> {
    let bytes: Uint8Array;
    try {
      bytes = Deno.readFileSync(this.#path);
    } catch {
      return; // There is nothing new, or nothing that we may know.
    }
    for (let start = 0; start < bytes.length;) {
      const newline = bytes.indexOf(NEWLINE, start);
      const end = newline < 0 ? bytes.length : newline;
      const scanned = parseLine(bytes.subarray(start, end));
      if (scanned) yield scanned;
      start = end + 1;
    }
  }

  /** Takes them all away; for who has the lock and has put them into the index. */
  remove(): void {
    Deno.removeSync(this.#path);
  }
}

function parseLine(bytes: Uint8Array): ScannedFile | undefined {
  if (bytes.length === 0) return undefined;
  try {
    const { summary, points } = JSON.parse(new TextDecoder().decode(bytes)) as ScannedFile;
    const whole = typeof summary.file === "string" && Number.isInteger(summary.size) &&
      typeof summary.mtime === "number" && Array.isArray(points);
    return whole ? { summary, points } : undefined;
  } catch {
    return undefined;
  }
}
