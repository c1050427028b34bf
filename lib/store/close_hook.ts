import type { Logger } from "../log.ts";
import { type BinlogFileName, parseBinlogFileName } from "./file_name.ts";
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
  /** The newest file that was handled, or is queued. */
  #newest: BinlogFileName | undefined;
  #queued = 0;
  #stopped = false;
  #queue: Promise<void> = Promise.resolve();
  /** The command could not be started for a file: what is remembered stays before it. */
  #missed = false;

  /** `words`: a program and its arguments; no shell sees them. */
  constructor(dir: string, words: string[], log: Logger) {
    this.#dir = dir;
    this.#words = words;
    this.#log = log;
  }

  /** Queues what was completed and not yet handled in an earlier run; all in the index's order. */
  async resume(completed: readonly string[]): Promise<void> {
    let last: string | undefined;
    try {
      const noted = JSON.parse(await Deno.readTextFile(`${this.#dir}/${CLOSE_HOOK_FILE}`));
      if (typeof noted?.last === "string") last = noted.last;
    } catch {
      // Nothing is remembered: every complete file is new to the command.
    }
    // By name where there is one: the file itself may have been purged since.
    this.#newest = last === undefined ? undefined : parseBinlogFileName(last);
    const place = completed.indexOf(last ?? "");
    for (const file of completed.slice(place + 1)) this.closed(file);
  }

  /** A file is complete and on disk. */
  closed(file: string): void {
    const name = parseBinlogFileName(file)!;
    // After a reconnect behind its end a file is closed once more. Another base is another series.
    const isSame = name.base === this.#newest?.base;
    if (isSame && name.sequence <= this.#newest!.sequence) return;
    this.#newest = name;
    this.#queued++;
    this.#queue = this.#queue.then(() => this.#run(file)).finally(() => this.#queued--);
  }

  /**
   * Resolves when everything queued has run, or once `signal` is aborted when the command has that
   * runs then: what is left is for the next run.
   */
  async finish(signal: AbortSignal): Promise<void> {
    const onAbort = (): void => void (this.#stopped = true);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    if (this.#queued > 0) {
      this.#log.info("waiting for --on-close", { files: this.#stopped ? 1 : this.#queued });
    }
    await this.#queue;
    signal.removeEventListener("abort", onAbort);
  }

  async #run(file: string): Promise<void> {
    if (this.#stopped) return;
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
