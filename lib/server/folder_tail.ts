import { LOCK_FILE } from "../store/store_lock.ts";
import type { StoreTail, TailPosition } from "../store/store_tail.ts";
import { listBinlogFiles } from "./binlog_listing.ts";

/** Time between two looks at the folder, while somebody waits for news. */
const POLL_MS = 20;

function cutReason(file: string): string {
  return `${file} was replaced or cut`;
}

/**
 * The growing end of a folder that another process writes, or nobody. Looks at the folder while
 * somebody waits. In a store, what was written is made durable here before it is told of: a sync
 * through any descriptor of the file is one of the file.
 */
export class FolderTail implements StoreTail {
  readonly #dir: string;
  readonly #onReset: (reason: string) => void;
  readonly #onCut: () => void;
  #files: string[] = [];
  #position: TailPosition | undefined;
  /** Modification time of the folder when its files were listed. */
  #listed = -1;
  #inode: number | null = null;
  /** How far the newest file was shown to anybody. */
  #shown = 0;
  #handle: Deno.FsFile | undefined;
  #waiters = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looking: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #closed = false;

  /**
   * `onReset` is called when the files are no longer the ones that were served until now; `onCut` when
   * the newest one has lost what was shown to nobody.
   */
  constructor(dir: string, onReset: (reason: string) => void, onCut: () => void) {
    this.#dir = dir;
    this.#onReset = onReset;
    this.#onCut = onCut;
  }

  /** Names of the files in order, as of the last look. */
  get files(): readonly string[] {
    return this.#files;
  }

  position(): TailPosition | undefined {
    return this.#position;
  }

  /** Looks at the folder now. */
  refresh(): Promise<void> {
    if (!this.#looking) return this.#begin();
    // What the look under way has seen may be older than the question.
    return this.#next ??= this.#looking.catch(() => {}).then(() => {
      this.#next = undefined;
      return this.#looking ?? this.#begin();
    });
  }

  #begin(): Promise<void> {
    return this.#looking = this.#look().finally(() => this.#looking = undefined);
  }

  /** Events of a file up to `position` were shown to somebody, and can't be taken back any more. */
  shown(file: string, position: number): void {
    // Of one that another follows by now the rest may be shown before the last look at it is over.
    if (this.#position?.file !== file || this.#files.at(-1) !== file) return;
    if (position > this.#position.durable) this.#reset(cutReason(file));
    else if (position > this.#shown) this.#shown = position;
  }

  requestSync(): void {
    // Nothing is told of that is not synced, so nothing is left to do.
  }

  changed(seen: TailPosition | undefined, signal: AbortSignal): Promise<void> {
    const now = this.#position;
    const same = now?.file === seen?.file && now?.durable === seen?.durable;
    if (!same || signal.aborted || this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener("abort", wake);
        this.#waiters.delete(wake);
        resolve();
      };
      signal.addEventListener("abort", wake, { once: true });
      this.#waiters.add(wake);
      this.#schedule();
    });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#wake();
    this.#handle?.close();
    this.#handle = undefined;
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#closed) return;
    this.#timer = setTimeout(async () => {
      this.#timer = undefined;
      await this.refresh().catch(() => {});
      if (this.#waiters.size > 0) this.#schedule();
    }, POLL_MS);
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = new Set();
    for (const wake of waiters) wake();
  }

  async #look(): Promise<void> {
    const { mtime } = await Deno.stat(this.#dir);
    // A change in the same tick of the clock as the listing would not show: list once more later.
    const changed = mtime?.getTime() ?? -2;
    if (changed !== this.#listed) {
      const fresh = Date.now() - changed > 50;
      this.#list(await listBinlogFiles(this.#dir));
      this.#listed = fresh ? changed : -1;
    }
    await this.#measure();
  }

  #list(files: string[]): void {
    const old = this.#files;
    const known = old[old.length - 1];
    // Files go at the front (purged) and come at the end; anything else is another history.
    const from = files.length > 0 ? old.indexOf(files[0]!) : -1;
    const follows = known === undefined || (from >= 0 &&
      old.slice(from).every((name, i) => files[i] === name));
    this.#files = files;
    if (!follows) this.#reset("the files of the folder are others than before");
    const newest = files[files.length - 1];
    if (newest !== undefined && newest !== this.#position?.file) {
      // The last look at the file before: what was added to it since is told of with the new one.
      this.#handle?.close();
      this.#handle = undefined;
      this.#inode = null;
    }
  }

  #reset(reason: string): void {
    this.#handle?.close();
    this.#handle = undefined;
    this.#inode = null;
    this.#shown = 0;
    this.#position = undefined;
    this.#onReset(reason);
    this.#wake();
  }

  async #measure(): Promise<void> {
    const file = this.#files[this.#files.length - 1];
    if (file === undefined || this.#closed) return;
    const path = `${this.#dir}/${file}`;
    const { size, ino } = await Deno.stat(path);
    const before = this.#position?.file === file ? this.#position : undefined;
    if (before && size === before.durable && ino === this.#inode) return;
    // Whoever asked for this look is served from what is there now.
    const replaced = this.#inode !== null && ino !== this.#inode;
    if (before && (replaced || size < this.#shown)) this.#reset(cutReason(file));
    // A dump that goes on cuts off the part of an event that it has not all of.
    else if (before && size < before.durable) this.#onCut();
    if (!before) this.#shown = 0;
    this.#inode = ino;
    this.#handle ??= await Deno.open(path, { read: true });
    if (await this.#isStore()) await this.#handle.syncData();
    if (this.#closed) return;
    this.#position = { file, written: size, durable: size };
    this.#wake();
  }

  #store: boolean | undefined;

  /** Whether binlogd writes this folder, or once did. */
  async #isStore(): Promise<boolean> {
    return this.#store ??= await Deno.stat(`${this.#dir}/${LOCK_FILE}`)
      .then(() => true, () => undefined) ?? false;
  }
}
