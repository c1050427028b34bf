import { pause } from "../pause.ts";
import type { Logger, LogValues } from "../log.ts";
import { type BinlogFileName, parseBinlogFileName } from "./file_name.ts";
import { writeFileAtomic } from "./write_file_atomic.ts";

/** Name of the file that remembers for which file the command ran last. */
export const CLOSE_HOOK_FILE = "binlogd.on-close.json";

/** A stop signal may come to the command too, whose end is then seen first; by then ours is here. */
const SIGNAL_SEEN_MS = 250;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
/** How often a file is tried when nothing goes on beside it any more. */
const LAST_TRIES = 3;

/** Settings of {@link CloseHook}. */
export interface CloseHookOptions {
  /** Folder of the store. */
  dir: string;
  /** A program and its arguments; no shell sees them. */
  words: string[];
  log: Logger;
  /** Aborted by a stop signal, from when on only the command that runs is waited for. */
  signal: AbortSignal;
  /** Before a file is tried again for the first time; doubled from then on. */
  firstPauseMs?: number;
  /** How long a stop signal may come behind the end of a command that has failed. */
  signalSeenMs?: number;
}

/** Why the command has not run to its end for a file. */
interface Trouble {
  message: string;
  values: LogValues;
}

/**
 * Runs a command once for each complete file, one after another, beside the dump. What is done is
 * remembered in the store, so that after a crash files are not left out; one may come twice. Where
 * the command can't be started or is ended by a signal, it is tried again before the next file's.
 */
export class CloseHook {
  readonly #options: CloseHookOptions;
  /** The newest file that was handled, or is queued. */
  #newest: BinlogFileName | undefined;
  /** The first one is under way, or tried again. */
  readonly #queue: string[] = [];
  #running = false;
  #work: Promise<void> | undefined;
  /** No more files come. */
  readonly #over = new AbortController();
  readonly #stopped = new AbortController();
  /** What is queued is for the next run. */
  readonly #stop: AbortSignal;

  constructor(options: CloseHookOptions) {
    this.#options = options;
    this.#stop = AbortSignal.any([options.signal, this.#stopped.signal]);
  }

  /** Queues what was completed and not yet handled in an earlier run; all in the index's order. */
  async resume(completed: readonly string[]): Promise<void> {
    let last: string | undefined;
    try {
      const noted = JSON.parse(
        await Deno.readTextFile(`${this.#options.dir}/${CLOSE_HOOK_FILE}`),
      );
      if (typeof noted?.last === "string") last = noted.last;
    } catch {
      // Nothing is remembered: every complete file is new to the command.
    }
    // That it has run for none is remembered, too: a purge waits for the first one then.
    if (last === undefined) await this.#note("");
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
    this.#queue.push(file);
    this.#work ??= this.#runAll();
  }

  /**
   * The dump is over. Resolves when everything queued has run, or the command could not be run for a
   * file a few times; or once the stop signal is there when the command has ended that runs then.
   */
  async finish(): Promise<void> {
    this.#over.abort();
    const isStopped = this.#stop.aborted;
    if (this.#running || (this.#queue.length > 0 && !isStopped)) {
      this.#options.log.info("waiting for --on-close", {
        files: isStopped ? 1 : this.#queue.length,
      });
    }
    await this.#work;
    const left = this.#queue.length;
    if (left === 0) return;
    const from = this.#queue[0]!;
    this.#options.log.info("--on-close is left to the next run", { files: left, from });
  }

  /** The dump has failed. Resolves when the command has ended that runs now, and starts no other. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.finish();
  }

  async #runAll(): Promise<void> {
    await Promise.resolve(); // who closes a file does not start a process
    const { log, firstPauseMs = FIRST_PAUSE_MS } = this.#options;
    let tries = 0;
    while (this.#queue.length > 0 && !this.#stop.aborted) {
      const file = this.#queue[0]!;
      const trouble = await this.#run(file);
      if (!trouble) {
        await this.#note(file);
        this.#queue.shift();
        tries = 0;
        continue;
      }
      const pauseMs = Math.min(firstPauseMs * 2 ** tries++, LONGEST_PAUSE_MS);
      const isOver = this.#over.signal.aborted;
      const isLast = this.#stop.aborted || (isOver && tries >= LAST_TRIES);
      const told = isLast ? {} : { pause_ms: pauseMs };
      log.warning(trouble.message, { file, ...trouble.values, ...told });
      if (isLast) break;
      await this.#pause(pauseMs, isOver ? [] : [this.#over.signal]);
    }
    this.#work = undefined;
  }

  /** Runs the command for a file, to an end of its own, be it a failure; or says why not. */
  async #run(file: string): Promise<Trouble | undefined> {
    const { dir, words: [program, ...args], log, signal: stopSignal } = this.#options;
    let status: Deno.CommandStatus;
    this.#running = true;
    try {
      status = await new Deno.Command(program!, {
        args: [...args, `${dir}/${file}`],
        stdin: "null",
        stdout: "null",
        stderr: "inherit",
      }).spawn().status;
    } catch (error) {
      const values = { error: (error as Error).message };
      return { message: "cannot run --on-close command", values };
    } finally {
      this.#running = false;
    }
    const { success, code, signal } = status;
    if (signal !== null) {
      return { message: "--on-close command was ended by a signal", values: { signal } };
    }
    if (success) return undefined;
    const failed: Trouble = { message: "--on-close command failed", values: { exit_code: code } };
    await this.#pause(this.#options.signalSeenMs ?? SIGNAL_SEEN_MS);
    // It may well be the signal that made it fail: a shell ends with 128 and more, others as they like.
    if (stopSignal.aborted) return failed;
    log.warning(failed.message, { file, ...failed.values });
    return undefined;
  }

  async #note(last: string): Promise<void> {
    const path = `${this.#options.dir}/${CLOSE_HOOK_FILE}`;
    try {
      await writeFileAtomic(path, JSON.stringify({ last }) + "\n");
    } catch (error) {
      // The next file's note holds for this one, too.
      const values = { file: path, error: (error as Error).message };
      this.#options.log.warning("cannot note what --on-close has run for", values);
    }
  }

  async #pause(ms: number, ends: AbortSignal[] = []): Promise<void> {
    await pause(ms, AbortSignal.any([this.#stop, ...ends]));
  }
}
