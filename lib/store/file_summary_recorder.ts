import { AddedSummaries } from "./file_summary_added.ts";
import { summariseFile } from "./file_summary_build.ts";
import { FILE_INDEX } from "./file_summary_index.ts";

/** So little is read at a time, with so long a pause, that an ACK waits a few milliseconds at most. */
const STEP = 1024 * 1024;
const PAUSE_MS = 10;

/**
 * Summarises each file that a dump completes, beside the dump and with little of its time, so that
 * list and find have it ready. What it does not come to they do themselves. What a file costs does not
 * depend on how many there are.
 */
export class SummaryRecorder {
  readonly #dir: string;
  readonly #added: AddedSummaries;
  readonly #abort = new AbortController();
  #queue: Promise<void> = Promise.resolve();

  constructor(dir: string) {
    this.#dir = dir;
    this.#added = new AddedSummaries(`${dir}/${FILE_INDEX}`);
  }

  /** A file is complete. */
  closed(file: string): void {
    this.#queue = this.#queue.then(() => this.#summarise(file));
  }

  /** Leaves off, in the middle of a file too. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#queue;
  }

  async #summarise(file: string): Promise<void> {
    const { signal } = this.#abort;
    if (signal.aborted || await this.#added.isFull()) return;
    try {
      const scanned = await summariseFile(`${this.#dir}/${file}`, file, {
        signal,
        step: STEP,
        pauseMs: PAUSE_MS,
      });
      await this.#added.append(scanned, signal);
    } catch {
      // It is only a cache, and verify says what is wrong with the file.
    }
  }
}
