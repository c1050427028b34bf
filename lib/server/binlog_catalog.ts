import { BINLOG_MAGIC } from "../binlog/event_header.ts";
import { BinlogdError } from "../errors.ts";
import { GtidSet } from "../gtid/gtid_set.ts";
import type { MariadbGtid } from "../gtid/mariadb_position.ts";
import type { Logger } from "../log.ts";
import { parseBinlogFileName } from "../store/file_name.ts";
import type { StoreTail, TailPosition } from "../store/store_tail.ts";
import { EndScan } from "./end_scan.ts";
import { type FileHead, readFileHead } from "./file_head.ts";
import { FolderTail } from "./folder_tail.ts";
import { KeptHeads } from "./kept_heads.ts";
import { SqlError } from "./sql_error.ts";
import { TailNews } from "./tail_news.ts";

/** A store that is written in this process. */
export interface LiveStore {
  readonly dir: string;
  /** Names of the binlog files in order. */
  readonly files: readonly string[];
  readonly end: StoreTail;
}

/** Least time between two requests for a sync. */
const SYNC_PAUSE_MS = 10;

/** Shown while a folder has no file yet. */
const NO_FILE_VERSION = "8.4.0";

/**
 * The binlog files of a folder as they are served: names in order, what their heads say, GTIDs up to
 * the end, and the growing end itself.
 */
export class BinlogCatalog {
  readonly dir: string;
  readonly tail: StoreTail;
  /** Where streams wait for more. */
  readonly news: TailNews;
  /** How often something was cut off the newest file: what was read of it before may be no more. */
  cuts = 0;
  readonly #folder: FolderTail | undefined;
  readonly #live: LiveStore | undefined;
  readonly #log: Logger;
  readonly #heads = new KeptHeads();
  #end: EndScan | undefined;
  #epoch = new AbortController();
  #lastSync = 0;
  #syncTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(folder: string | LiveStore, log: Logger) {
    this.#log = log;
    if (typeof folder === "string") {
      this.dir = folder;
      this.#folder = new FolderTail(folder, (why) => this.#reset(why), () => this.#forgetEnd());
      this.tail = this.#folder;
    } else {
      this.dir = folder.dir;
      this.tail = folder.end;
      this.#live = folder;
    }
    this.news = new TailNews(this.tail, (position) => this.#wantSync(position));
  }

  /** Names of the files in order. */
  get files(): readonly string[] {
    if (!this.#live) return this.#folder!.files;
    const { files } = this.#live;
    const first = this.#first === undefined ? -1 : files.indexOf(this.#first);
    return first > 0 ? files.slice(first) : files;
  }

  /** First file that a purge has left, where the writer of a live store still lists those before. */
  #first: string | undefined;

  async #skipPurged(): Promise<void> {
    for (const file of this.files) {
      if (await Deno.stat(this.path(file)).then(() => true, () => false)) return;
      this.#first = this.next(file) ?? this.#first;
    }
  }

  /** Aborted when the files become others than those served until now: streams have to end. */
  get epoch(): AbortSignal {
    return this.#epoch.signal;
  }

  /** Events of a file up to `position` were shown to somebody. */
  shown(file: string, position: number): void {
    this.#folder?.shown(file, position);
  }

  path(file: string): string {
    return `${this.dir}/${file}`;
  }

  /** Looks whether there is something new. */
  async refresh(): Promise<void> {
    if (this.#folder) await this.#folder.refresh();
    else await this.#skipPurged();
  }

  /**
   * The file after `file`; undefined where it is the newest one.
   * @throws {SqlError} 1236 where a file is missing in between.
   */
  next(file: string): string | undefined {
    const files = this.files;
    const index = files.lastIndexOf(file);
    if (index === files.length - 1 && index >= 0) return undefined;
    const next = index < 0 ? undefined : files[index + 1]!;
    const here = parseBinlogFileName(file)!;
    const there = next === undefined ? undefined : parseBinlogFileName(next)!;
    // Files of another base name follow where the source's log was renamed: the index knows.
    const follows = there && (there.base !== here.base || there.sequence === here.sequence + 1);
    if (!follows) {
      throw new SqlError("MASTER_FATAL_ERROR_READING_BINLOG", "could not find next log");
    }
    return next;
  }

  /**
   * How far `file` may be read: to its durable end when it is the newest one. A file that another one
   * follows was synced whole before that one was begun, whatever was last said of it. `handle`: the
   * open file, which may have been purged since.
   */
  async limit(file: string, handle?: Deno.FsFile): Promise<number> {
    if (file !== this.files[this.files.length - 1]) {
      // Of an open file at once: another thread would take longer.
      return (handle ? handle.statSync() : await Deno.stat(this.path(file))).size;
    }
    const position = this.tail.position();
    // Of a file just begun the writer has not said yet what is durable.
    return position?.file === file ? position.durable : BINLOG_MAGIC.length;
  }

  /** Asks for what is written to be made durable, at most once in 10 ms. */
  #wantSync(seen: TailPosition): void {
    if (seen.written <= seen.durable || this.#syncTimer !== undefined) return;
    const pause = Math.max(0, this.#lastSync + SYNC_PAUSE_MS - performance.now());
    this.#syncTimer = setTimeout(() => {
      this.#syncTimer = undefined;
      this.#lastSync = performance.now();
      this.tail.requestSync();
    }, pause);
  }

  /**
   * Head of a file; undefined while it has none yet.
   * @throws {SqlError} 1236 where it is damaged.
   */
  head(file: string): FileHead | undefined {
    const known = this.#heads.get(file);
    // One without a transaction may have more to say when the file has grown.
    if (known && (known.gtidMode !== undefined || known.fileSize === this.#size(file))) {
      return known;
    }
    const head = this.#read(file);
    if (!head) return undefined;
    this.#heads.set(file, head);
    return head;
  }

  #size(file: string): number | undefined {
    try {
      return Deno.statSync(this.path(file)).size;
    } catch {
      return undefined;
    }
  }

  #read(file: string): FileHead | undefined {
    try {
      return readFileHead(this.path(file), file);
    } catch (error) {
      if (!(error instanceof BinlogdError)) throw error;
      const place = `${file}: ${error.message}`;
      throw new SqlError(
        "MASTER_FATAL_ERROR_READING_BINLOG",
        `bogus data in log event; the format description of ${place}`,
      );
    }
  }

  /** Head of the newest file that has one. */
  newestHead(): FileHead | undefined {
    for (let i = this.files.length - 1; i >= 0; i--) {
      const head = this.#tryHead(this.files[i]!);
      if (head) return head;
    }
    return undefined;
  }

  #tryHead(file: string): FileHead | undefined {
    try {
      return this.head(file);
    } catch (error) {
      this.#log.warning("cannot read the head of a file", {
        file,
        error: (error as Error).message,
      });
      return undefined;
    }
  }

  get serverVersion(): string {
    return this.newestHead()?.serverVersion ?? NO_FILE_VERSION;
  }

  get mariadb(): boolean {
    return this.newestHead()?.mariadb ?? false;
  }

  /** GTIDs up to the end of the newest file. */
  end(): EndScan {
    const file = this.files.at(-1);
    if (this.#end?.file !== file) this.#forgetScan();
    const end = this.#end ??= new EndScan(this.dir, file);
    const position = this.tail.position();
    const limit = position?.file === file ? position?.durable ?? 0 : Infinity;
    try {
      end.advance(limit);
    } catch (error) {
      if (!(error instanceof BinlogdError)) throw error;
      this.#log.warning("the newest file is damaged", { file, error: error.message });
    }
    if (file !== undefined) this.shown(file, end.position);
    return end;
  }

  /** Transactions before the first file: gtid_purged. */
  purged(): GtidSet {
    const first = this.files[0];
    return (first === undefined ? undefined : this.#tryHead(first)?.previousGtids) ?? new GtidSet();
  }

  /** gtid_executed: all that is in the files or was before them. */
  executed(): GtidSet {
    return this.end().mysql.clone();
  }

  /** The last transaction of each domain and server in MariaDB's files. */
  mariadbState(): MariadbGtid[] {
    return this.end().mariadbState();
  }

  /** Whether transactions have GTIDs: as the newest one there is. */
  gtidMode(): boolean {
    const mode = this.end().gtidMode;
    if (mode !== undefined) return mode;
    for (let i = this.files.length - 1; i >= 0; i--) {
      const head = this.#tryHead(this.files[i]!);
      if (head?.gtidMode !== undefined) return head.gtidMode;
      if (head?.previousGtids && !head.previousGtids.isEmpty) return true;
    }
    return true;
  }

  #reset(reason: string): void {
    this.#log.warning("the files were replaced, streams end", { dir: this.dir, reason });
    this.#forgetEnd();
    const epoch = this.#epoch;
    this.#epoch = new AbortController();
    epoch.abort(new Error(reason));
  }

  #forgetEnd(): void {
    this.cuts++;
    this.#heads.clear();
    this.#forgetScan();
  }

  #forgetScan(): void {
    this.#end?.close();
    this.#end = undefined;
  }

  close(): void {
    clearTimeout(this.#syncTimer);
    this.#folder?.close();
    this.#forgetScan();
  }
}
