import type { FilePoint, FileSummary, ScannedFile } from "./file_summary.ts";
import { AddedSummaries } from "./file_summary_added.ts";
import { keepAccess } from "./keep_access.ts";
import { openAnew } from "./open_anew.ts";
import { openOwnFile } from "./open_own_file.ts";
import { tryLock } from "./store_lock.ts";
import { unlock } from "./unlock.ts";
import { syncDirectory } from "./sync_directory.ts";
import { writeFileAtomic } from "./write_file_atomic.ts";

/** Name of the index of summaries inside a store. */
export const FILE_INDEX = "binlogd.files.json";

const FORMAT = 1;
/** Points that nothing refers to any more may take this many bytes before they are cleared away. */
const GARBAGE_MAX = 4 * 1024 * 1024;
const UTF8 = new TextEncoder();

interface IndexContent {
  format: number;
  files: FileSummary[];
}

interface PointsRecord {
  file: string;
  size: number;
  points: FilePoint[];
}

/**
 * Summaries of files, so that nobody has to read them again; on disk as three files that can be lost
 * without harm:
 *
 *     PATH          {"format":1,"files":[FileSummary, …]}, replaced as a whole
 *     PATH.points   one JSON line a file: {"file", "size", "points":[FilePoint, …]}; lines are
 *                   appended and synced before a summary refers to them by offset and size
 *     PATH.new      what a dump has found since ({@link AddedSummaries}), until it is in the others
 *
 * Without a path it lives in memory. What is not what we wrote counts as not there.
 */
export class FileIndex {
  readonly #path: string | undefined;
  readonly #added: AddedSummaries | undefined;
  readonly #files = new Map<string, FileSummary>();
  /** Points that are not on disk yet. */
  readonly #fresh = new Map<string, FilePoint[]>();
  /** Files that were put or dropped here, with what the disk said of them. */
  readonly #changed = new Map<string, FileSummary | undefined>();
  /** Whether there are summaries in PATH.new. */
  #hasAdded = false;

  private constructor(path: string | undefined) {
    this.#path = path;
    this.#added = path === undefined ? undefined : new AddedSummaries(path);
    this.#read();
  }

  /** Reads an index; a missing or damaged one is empty. */
  static open(path: string | undefined): FileIndex {
    return new FileIndex(path);
  }

  /** Takes all from the disk. */
  #read(): void {
    if (this.#path === undefined) return;
    this.#files.clear();
    this.#fresh.clear();
    this.#hasAdded = false;
    try {
      const content = JSON.parse(Deno.readTextFileSync(this.#path)) as IndexContent;
      const files = content?.format === FORMAT ? content.files : [];
      for (const summary of files) this.#files.set(summary.file, summary);
    } catch {
      // It is made again.
    }
    for (const scanned of this.#added!.read()) {
      this.#set(scanned);
      this.#hasAdded = true;
    }
  }

  #set({ summary, points }: ScannedFile): void {
    const { points: _old, ...rest } = summary;
    this.#files.set(summary.file, rest);
    this.#fresh.set(summary.file, points);
  }

  /** Notes that something is about to change; the first time counts. */
  #change(file: string): void {
    if (!this.#changed.has(file)) this.#changed.set(file, this.#files.get(file));
  }

  /** What is known of a file, whether it is still so or not. */
  known(file: string): FileSummary | undefined {
    return this.#files.get(file);
  }

  /** The summary of a file that is still what it was. */
  current(file: string, info: { size: number; mtime: number }): FileSummary | undefined {
    const summary = this.#files.get(file);
    return summary?.size === info.size && summary.mtime === info.mtime ? summary : undefined;
  }

  /** Files in the index. */
  get size(): number {
    return this.#files.size;
  }

  /** Takes a file that was scanned. */
  put(scanned: ScannedFile): void {
    this.#change(scanned.summary.file);
    this.#set(scanned);
  }

  /** Drops all files but these. */
  keepOnly(files: Iterable<string>): void {
    const keep = new Set(files);
    for (const file of [...this.#files.keys()]) {
      if (keep.has(file)) continue;
      this.#change(file);
      this.#files.delete(file);
      this.#fresh.delete(file);
    }
  }

  /** The points of a file; undefined where they are lost. */
  points(file: string): FilePoint[] | undefined {
    const summary = this.#files.get(file);
    if (!summary) return undefined;
    const fresh = this.#fresh.get(file);
    if (fresh) return fresh;
    if (!summary.points || this.#path === undefined) return undefined;
    try {
      using handle = Deno.openSync(`${this.#path}.points`, { read: true });
      const record = readRecord(handle, summary.points);
      return record.file === file && record.size === summary.size ? record.points : undefined;
    } catch {
      return undefined;
    }
  }

  /**
   * Writes what is new, on top of what others have written since. Of several processes that want to
   * at a time one does; false when it was not this one, or the place can't be written to: then others
   * will have to scan too.
   */
  async save(): Promise<boolean> {
    const path = this.#path;
    if (path === undefined || (this.#changed.size === 0 && !this.#hasAdded)) return true;
    let lock: Deno.FsFile | undefined;
    try {
      lock = await openOwnFile(`${path}.lock`);
      if (!await tryLock(lock)) return false;
      await this.#write(path);
      return true;
    } catch {
      return false;
    } finally {
      if (lock) unlock(lock);
    }
  }

  async #write(path: string): Promise<void> {
    using points = await openOwnFile(`${path}.points`);
    this.#merge();
    const replaced = points.statSync();
    using made = this.#savePoints(points, `${path}.points`);
    const content: IndexContent = { format: FORMAT, files: [...this.#files.values()] };
    if (made) await keepAccess(`${path}.points`, made, replaced);
    await writeFileAtomic(path, JSON.stringify(content) + "\n");
    this.#changed.clear();
    // Only now: a kill before leaves them to be put in again, which changes nothing. A file without
    // one of ours is somebody else's.
    if (this.#hasAdded) this.#added!.remove();
    this.#hasAdded = false;
  }

  /** Takes what is on disk by now, and the changes made here where nobody else changed the same. */
  #merge(): void {
    const own = [...this.#changed].map(([file, before]) => ({
      file,
      before,
      summary: this.#files.get(file),
      points: this.#fresh.get(file),
    }));
    this.#read();
    for (const { file, before, summary, points } of own) {
      const now = this.#files.get(file);
      if (now && (now.size !== before?.size || now.mtime !== before.mtime)) continue;
      if (summary) this.#files.set(file, summary);
      else this.#files.delete(file);
      if (points) this.#fresh.set(file, points);
      else this.#fresh.delete(file);
    }
  }

  /** Adds to the file of points, or makes it anew, and returns that one, where too much is of no use. */
  #savePoints(file: Deno.FsFile, path: string): Deno.FsFile | undefined {
    const { size } = file.statSync();
    let live = 0;
    for (const { points } of this.#files.values()) live += points?.[1] ?? 0;
    if (size - live > GARBAGE_MAX && size > 2 * live) {
      return this.#rewritePoints(path);
    }
    if (this.#fresh.size === 0) return undefined;
    let offset = file.seekSync(0, Deno.SeekMode.End);
    for (const [name, points] of this.#fresh) offset = this.#append(file, offset, name, points);
    file.syncSync();
    this.#fresh.clear();
    return undefined;
  }

  /** Writes one record, and where it is into the summary; returns the end. */
  #append(handle: Deno.FsFile, offset: number, file: string, points: FilePoint[]): number {
    const summary = this.#files.get(file)!;
    const record: PointsRecord = { file, size: summary.size, points };
    const bytes = UTF8.encode(JSON.stringify(record) + "\n");
    for (let done = 0; done < bytes.length;) done += handle.writeSync(bytes.subarray(done));
    summary.points = [offset, bytes.length];
    return offset + bytes.length;
  }

  #rewritePoints(path: string): Deno.FsFile {
    const tmp = `${path}.tmp`;
    const all = [...this.#files.keys()].map((file) => [file, this.points(file)] as const);
    const handle = openAnew(tmp);
    try {
      let offset = 0;
      for (const [file, points] of all) {
        if (points) offset = this.#append(handle, offset, file, points);
        else delete this.#files.get(file)!.points;
      }
      handle.syncSync();
      Deno.renameSync(tmp, path);
      syncDirectory(path.slice(0, Math.max(path.lastIndexOf("/"), 0)) || ".");
    } catch (error) {
      handle.close();
      throw error;
    }
    this.#fresh.clear();
    return handle;
  }
}

function readRecord(handle: Deno.FsFile, [offset, size]: [number, number]): PointsRecord {
  const bytes = new Uint8Array(size);
  handle.seekSync(offset, Deno.SeekMode.Start);
  for (let done = 0; done < size;) {
    const read = handle.readSync(bytes.subarray(done));
    if (!read) throw new Error("short");
    done += read;
  }
  return JSON.parse(new TextDecoder().decode(bytes)) as PointsRecord;
}
