import { BINLOG_MAGIC } from "../binlog/event_header.ts";
import { LostBytesError, StoreError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { addFile } from "./add_file.ts";
import { adoptFiles } from "./adopt_files.ts";
import { cutAndSync, type CutOptions } from "./cut_and_sync.ts";
import { moveToEra } from "./era.ts";
import { finishEra } from "./era_finish.ts";
import { checkSameFormat } from "./format_check.ts";
import {
  newIdentity,
  readIdentity,
  type StoreHole,
  type StoreIdentity,
  takeServerId,
  writeIdentity,
} from "./identity.ts";
import { makeStoreFolder } from "./make_store_folder.ts";
import { missingFilesError } from "./missing_files_error.ts";
import { type RecoveredFile, recoverFile } from "./recovery.ts";
import { shorterFileError } from "./shorter_file_error.ts";
import { StoreEnd } from "./store_end.ts";
import { readStoreOrder } from "./store_order.ts";
import { StoreLock } from "./store_lock.ts";
import { readState, type StoreState, writeState } from "./store_state.ts";
import { syncDirectory } from "./sync_directory.ts";
import { systemError } from "./system_error.ts";

/** Settings of {@link Store.open}. */
export interface StoreOptions {
  dir: string;
  log: Logger;
  /** server_id to use, and to keep once a source has taken it. */
  serverId?: number;
  /** Move what is there to an era of its own first, for this reason. */
  newEra?: string;
  /** Go on although files end before what was durable: the source is asked for it again. */
  refetch?: boolean;
}

/**
 * A folder of binlog files with one writer: names in order, identity, lock, and the end where the
 * dump goes on. Opening recovers; everything found whole is synced before anybody relies on it.
 */
export class Store {
  readonly dir: string;
  readonly end = new StoreEnd();
  identity: StoreIdentity;
  readonly #log: Logger;
  readonly lock: StoreLock;
  #files: string[] = [];
  #last: RecoveredFile | undefined;
  #refetch = false;
  /** The newest transaction end below 4 GiB of the newest file as it was. */
  #safe: { file: string; end: number } | undefined;
  /** The file before the newest one, once it was synced in this process. */
  #synced: string | undefined;
  /** Files of which a sync has failed in this process. */
  readonly #doubtful = new Set<string>();

  private constructor(dir: string, log: Logger, lock: StoreLock, identity: StoreIdentity) {
    this.dir = dir;
    this.#log = log;
    this.lock = lock;
    this.identity = identity;
  }

  /**
   * Opens the store in a folder, making it if need be, and takes its lock.
   * @throws {StoreError} where it is locked, can't be used, or is shorter than it was.
   */
  static async open(options: StoreOptions): Promise<Store> {
    const { dir, log } = options;
    await makeStoreFolder(dir);
    let lock: StoreLock;
    try {
      lock = await StoreLock.take(dir);
    } catch (cause) {
      if (cause instanceof StoreError) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new StoreError(`Cannot write in ${dir}: ${reason}`, { file: dir, cause });
    }
    try {
      const finished = await finishEra(dir);
      if (finished) {
        log.warning("moved the rest of an era's files, as that was interrupted", {
          folder: finished,
        });
      }
      if (options.newEra !== undefined) {
        const folder = await moveToEra(dir, options.newEra);
        if (folder) log.info("moved the files of before to an era of their own", { folder });
      }
      const known = await readIdentity(dir);
      const identity = known ?? newIdentity();
      const changed = takeServerId(identity, options.serverId);
      const store = new Store(dir, log, lock, identity);
      store.#refetch = options.refetch ?? false;
      await store.#load();
      if (!known || changed) await store.saveIdentity();
      return store;
    } catch (error) {
      lock.release();
      throw systemError("open", dir, error);
    }
  }

  /** Names of the binlog files in the order of the index. */
  get files(): readonly string[] {
    return this.#files;
  }

  /** The newest file as recovery found it; undefined for an empty store. */
  get last(): RecoveredFile | undefined {
    return this.#last;
  }

  has(file: string): boolean {
    return this.#files.includes(file);
  }

  async saveIdentity(): Promise<void> {
    await writeIdentity(this.dir, this.identity);
  }

  async #load(): Promise<void> {
    const order = await readStoreOrder(this.dir);
    const { listed, missing } = order;
    while (this.#refetch && missing.includes(listed[listed.length - 1] ?? "")) {
      const name = listed.pop()!;
      missing.splice(missing.indexOf(name), 1);
      this.#log.warning("a file is gone and will be fetched again", { file: name });
    }
    if (missing.length > 0) throw missingFilesError(this.dir, missing, listed);
    this.#files = await adoptFiles(this.dir, order, this.#log);
    await this.recover();
  }

  /**
   * Reads the newest file, cuts what is not whole at its end, and makes everything durable: the
   * file, the one before it, the index, the folder. Called before every request to the source;
   * `hint` is a transaction end from which on the file may have changed since the last call.
   * @throws {StoreIoError} where the folder or the file is gone, or can't be read or written.
   */
  async recover(hint?: { file: string; from: number }): Promise<void> {
    this.#last = undefined;
    try {
      await this.#recover(hint);
    } catch (cause) {
      throw systemError("recover", this.dir, cause);
    }
  }

  async #recover(hint?: { file: string; from: number }): Promise<void> {
    const state = this.#refetch
      ? undefined
      : await readState(this.dir, (file) =>
        this.#log.warning("the state is damaged and will be written anew", {
          file,
          hint: "whether the files have become shorter since can't be told: binlogd verify",
        }));
    this.#checkState(state);
    const name = this.#files[this.#files.length - 1];
    if (name === undefined) return;
    const durable = state?.file === name ? state.durable : 0;
    const known = state || this.#refetch ? durable : undefined;
    const from = hint?.file === name ? hint.from : undefined;
    const safe = this.#safe?.file === name ? this.#safe.end : undefined;
    const last = recoverFile(this.dir, name, known, from, safe);
    this.#safe = { file: name, end: last.safeTransactionEnd };
    if (last.eventEnd < durable) throw shorterFileError(this.dir, name, last.eventEnd, durable);
    if (last.size > last.eventEnd) {
      this.#log.warning("cut an incomplete end", {
        file: name,
        from: last.eventEnd,
        to: last.size,
        bytes: last.size - last.eventEnd,
      });
    }
    await this.#sync(name, { size: last.eventEnd, durable });
    last.eventEnd = Math.max(last.eventEnd, BINLOG_MAGIC.length);
    const before = this.#files[this.#files.length - 2];
    if (before !== undefined && before === this.#synced) await Deno.stat(`${this.dir}/${before}`);
    else if (before !== undefined) {
      await this.#sync(before, { durable: 0 });
      this.#synced = before;
    }
    syncDirectory(this.dir);
    last.size = last.eventEnd;
    this.#last = last;
    this.end.update({ file: name, written: last.eventEnd, durable: last.eventEnd });
  }

  async #sync(name: string, options: CutOptions): Promise<void> {
    const failed = this.#doubtful.has(name);
    this.#doubtful.add(name);
    await cutAndSync(this.dir, name, { ...options, failed });
    this.#doubtful.delete(name);
  }

  #checkState(state: StoreState | undefined): void {
    // A file that held no event is no loss.
    if (!state || state.durable <= BINLOG_MAGIC.length || this.#files.includes(state.file)) return;
    throw new LostBytesError(
      `${state.file} was durable up to ${state.durable} and is gone from ${this.dir}`,
      {
        file: state.file,
        position: state.durable,
        end: state.durable,
        hint: "put it back, or fetch it again from the source with --refetch",
      },
    );
  }

  /**
   * Adds a new file, which holds nothing yet, at the end of the index; those before it are complete
   * and synced.
   * @throws {StoreIoError} see {@link addFile}.
   */
  async append(name: string): Promise<void> {
    const before = this.#files[this.#files.length - 1];
    this.#files = await addFile(this.dir, this.#files, name);
    this.#synced = before;
    // From the first file on a state that is missing has been lost, and damage is no torn end.
    if (this.#files.length === 1) await this.#writeState({ file: name, durable: 0 });
  }

  /**
   * Records how far everything is durable; a lower bound. Called while a source sends, which has
   * taken our server_id by then.
   */
  async recordState(acked?: { file: string; position: number }): Promise<void> {
    const end = this.end.position();
    if (!end) return;
    if (this.identity.serverIdBefore !== undefined) {
      delete this.identity.serverIdBefore;
      await this.saveIdentity();
    }
    const { file, durable } = end;
    await this.#writeState({ file, durable, ...(acked ? { acked } : {}) });
  }

  async #writeState(state: Omit<StoreState, "format" | "time">): Promise<void> {
    await writeState(this.dir, { format: 1, ...state, time: new Date().toISOString() });
  }

  /**
   * Compares a format description that was sent again with the stored one, but for what the source
   * changes in it: created, and with that the CRC.
   * @throws {DivergenceError} where it belongs to another file.
   */
  checkFormat(file: string, body: Uint8Array): void {
    const stored = this.#last?.file === file ? this.#last.formatBody : undefined;
    if (!stored) return;
    checkSameFormat(file, stored, body);
  }

  /** Remembers that what comes between the end of the store and `nextFile` is not to be had. */
  async acceptHole(nextFile: string, reason: string): Promise<void> {
    const { file: afterFile, eventEnd: afterPosition } = this.#last!;
    const before = this.identity.holes;
    const hole = { afterFile, afterPosition, nextFile, reason, time: new Date().toISOString() };
    // One that was accepted here before has grown: its next file is not to be had any more.
    this.identity.holes = [...before.filter((other) => !this.#isHere(other)), hole];
    try {
      await this.saveIdentity();
    } catch (cause) {
      this.identity.holes = before;
      throw systemError("note a hole in", this.dir, cause);
    }
    const after = `${afterFile}:${afterPosition}`;
    this.#log.warning("going on behind a hole", { after, next: nextFile });
  }

  /** Whether a hole begins where the store ends. */
  #isHere({ afterFile, afterPosition }: StoreHole): boolean {
    return afterFile === this.#last?.file && afterPosition === this.#last.eventEnd;
  }

  /** The file to go on with when a hole was accepted right where the store ends. */
  get fileAfterHole(): string | undefined {
    return this.identity.holes.findLast((hole) => this.#isHere(hole))?.nextFile;
  }

  close(): void {
    this.lock.release();
  }
}
