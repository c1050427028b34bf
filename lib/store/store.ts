import { BINLOG_MAGIC } from "../binlog/event_header.ts";
import { LostBytesError, StoreError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { adoptFiles } from "./adopt_files.ts";
import { parseBinlogFileName } from "./file_name.ts";
import { cutAndSync } from "./cut_and_sync.ts";
import { moveToEra } from "./era.ts";
import { checkSameFormat } from "./format_check.ts";
import {
  newIdentity,
  readIdentity,
  type StoreIdentity,
  takeServerId,
  writeIdentity,
} from "./identity.ts";
import { withIndexLock, withoutPurged } from "./index_lock.ts";
import { indexFileName, writeIndexFile } from "./index_file.ts";
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
    const last = recoverFile(this.dir, name, known, hint?.file === name ? hint.from : undefined);
    if (last.eventEnd < durable) throw shorterFileError(this.dir, name, last.eventEnd, durable);
    if (last.size > last.eventEnd) {
      this.#log.warning("cut an incomplete end", {
        file: name,
        from: last.eventEnd,
        to: last.size,
        bytes: last.size - last.eventEnd,
      });
    }
    await cutAndSync(this.dir, name, { size: last.eventEnd, durable });
    last.eventEnd = Math.max(last.eventEnd, BINLOG_MAGIC.length);
    const before = this.#files[this.#files.length - 2];
    if (before !== undefined) await cutAndSync(this.dir, before, { durable: 0 });
    syncDirectory(this.dir);
    last.size = last.eventEnd;
    this.#last = last;
    this.end.update({ file: name, written: last.eventEnd, durable: last.eventEnd });
  }

  #checkState(state: StoreState | undefined): void {
    if (!state || this.#files.includes(state.file)) return;
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
   * Adds a new file, which holds nothing yet, at the end of the index, durably, with its directory
   * entry.
   * @throws {StoreIoError} where files before it are gone; the new one is taken away again, as an
   * index that begins with it would pass for all there ever was.
   */
  async append(name: string): Promise<void> {
    await withIndexLock(this.dir, async () => {
      let before: string[];
      try {
        before = await withoutPurged(this.dir, this.#files);
      } catch (error) {
        await Deno.remove(`${this.dir}/${name}`).catch(() => {});
        throw error;
      }
      const old = this.indexFile;
      this.#files = [...before, name];
      await writeIndexFile(this.dir, this.#files);
      // The source's log_bin was changed, and the index is named by the newest file.
      if (old !== undefined && old !== this.indexFile) {
        await Deno.remove(`${this.dir}/${old}`).catch(() => {}); // the next start looks again
      }
    });
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
    const { file, eventEnd } = this.#last!;
    const time = new Date().toISOString();
    this.identity.holes.push({
      afterFile: file,
      afterPosition: eventEnd,
      nextFile,
      reason,
      time,
    });
    await this.saveIdentity();
    this.#log.warning("going on behind a hole", { after: `${file}:${eventEnd}`, next: nextFile });
  }

  /** The file to go on with when a hole was accepted right where the store ends. */
  get fileAfterHole(): string | undefined {
    const last = this.#last;
    return this.identity.holes.find((hole) =>
      hole.afterFile === last?.file && hole.afterPosition === last.eventEnd
    )?.nextFile;
  }

  /** Name of the index file, once there are binlog files: by the newest one's. */
  get indexFile(): string | undefined {
    const newest = this.#files[this.#files.length - 1];
    return newest === undefined ? undefined : indexFileName(parseBinlogFileName(newest)!.base);
  }

  close(): void {
    this.lock.release();
  }
}
