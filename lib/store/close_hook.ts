import type { Logger } from "../log.ts";
import { parseBinlogFileName } from "./file_name.ts";
import { writeFileAtomic } from "./write_file_atomic.ts";

/** Name of the file that remembers for which file the command ran last. */
export const CLOSE_HOOK_FILE = "binlogd.on-close.json";

/**
 * Runs a command once for each complete file, one after another, beside the dump. What is done is
 * remembered in the store, so that after a crash files are not left out; one may come twice.
 */
export class CloseHook {
  readonly #dir: string;
  readonly #words: string[];
  readonly #log: Logger;
  /** Number of the newest file that was handled, or is queued. */
  #newest = -1;
  #queue: Promise<void> = Promise.resolve();
  /** The command could not be started for a file: what is remembered stays before it. */
  #missed = false;

  /** `words`: a program and its arguments; no shell sees them. */
  constructor(dir: string, words: string[], log: Logger) {
    this.#dir = dir;
    this.#words = words;
    this.#log = log;
  }

  /** Queues what was completed and not yet handled in an earlier run. */
  async resume(completed: readonly string[]): Promise<void> {
    try {
      const { last } = JSON.parse(await Deno.readTextFile(`${this.#dir}/${CLOSE_HOOK_FILE}`));
      // By number: the file itself may have been purged since.
      this.#newest = parseBinlogFileName(last)?.sequence ?? -1;
    } catch {
      // Nothing is remembered: every complete file is new to the command.
    }
    for (const file of completed) this.closed(file);
  }

  /** A file is complete and on disk. */
  closed(file: string): void {
    const { sequence } = parseBinlogFileName(file)!;
    // After a reconnect behind its end a file is closed once more.
    if (sequence <= this.#newest) return;
    this.#newest = sequence;
    this.#queue = this.#queue.then(() => this.#run(file));
  }

  /** Resolves when everything queued has run. */
  finish(): Promise<void> {
    return this.#queue;
  }

  async #run(file: string): Promise<void> {
    const [program, ...args] = this.#words;
    try {
      const { success, code } = await new Deno.Command(program!, {
        args: [...args, `${this.#dir}/${file}`],
        stdin: "null",
        stdout: "null",
        stderr: "inherit",
      }).output();
      if (!success) this.#log.warning("--on-close command failed", { file, exit_code: code });
      if (this.#missed) return;
      await writeFileAtomic(
        `${this.#dir}/${CLOSE_HOOK_FILE}`,
        JSON.stringify({ last: file }) + "\n",
      );
    } catch (error) {
      this.#missed = true;
      this.#log.warning("cannot run --on-close command", { file, error: (error as Error).message });
    }
  }
}
