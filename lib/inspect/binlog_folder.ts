import { StoreError, UsageError } from "../errors.ts";
import { parseBinlogFileName } from "../store/file_name.ts";
import { readIndexFile } from "../store/index_file.ts";
import { STORE_MARKS } from "../store/store_marks.ts";
import { readStoreOrder } from "../store/store_order.ts";

/** First byte of a binlog file, plain or encrypted. */
const PLAIN = 0xfe;
const ENCRYPTED = 0xfd;

/** Binlog files of one history, in order. */
export interface BinlogSeries {
  /** Base name of the newest file. */
  base: string;
  /** Names of the files that are there. */
  files: string[];
  /** Name of the index file, when there is one. */
  index?: string;
  /** In the index, but not in the folder. */
  missing: string[];
  /** In the folder, but not in the index. */
  unlisted: string[];
}

/** A folder of binlog files, whoever made it. */
export interface BinlogFolder {
  dir: string;
  /** Whether a dump made it, which left its own files there; only then may anything be written. */
  isStore: boolean;
  series: BinlogSeries[];
}

/** What a path on the command line names: a folder, or one file (`-` is standard input). */
export type BinlogPath = { kind: "folder"; folder: BinlogFolder } | { kind: "file"; path: string };

/** Wraps what the operating system says about a file or folder that can't be read. */
export function readError(path: string, cause: unknown): StoreError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const hint = cause instanceof Deno.errors.NotFound
    ? "name a folder of binlog files, or one such file"
    : "see that this account may read it";
  return new StoreError(`Cannot read ${path}: ${reason}`, { file: path, cause, hint });
}

function sequenceOf(name: string): number {
  return parseBinlogFileName(name)!.sequence;
}

function inOrder(names: Iterable<string>): string[] {
  return [...names].map((name) => ({ name, sequence: sequenceOf(name) }))
    .sort((a, b) => a.sequence - b.sequence).map(({ name }) => name);
}

/** Whether a file begins like a binlog; tells those of a data folder from what is named alike. */
function looksLikeBinlog(path: string): boolean {
  try {
    using file = Deno.openSync(path, { read: true });
    const byte = new Uint8Array(1);
    if (file.readSync(byte) !== 1) return false;
    return byte[0] === PLAIN || byte[0] === ENCRYPTED;
  } catch {
    return false;
  }
}

/**
 * Whether an entry of a folder is a file that ends: reading a FIFO, or a device, of such a name would
 * wait for ever. A link that leads nowhere stays, for its reader to tell of.
 */
function isFile(dir: string, entry: Deno.DirEntry): boolean {
  if (!entry.isSymlink) return entry.isFile;
  try {
    return Deno.statSync(`${dir}/${entry.name}`).isFile;
  } catch {
    return true;
  }
}

/** What index files list, the longest list first. */
async function readIndexes(
  dir: string,
  indexes: string[],
): Promise<{ index: string; listed: string[] }[]> {
  const lists: { index: string; listed: string[] }[] = [];
  for (const index of indexes.sort()) {
    const listed = (await readIndexFile(`${dir}/${index}`)).filter(parseBinlogFileName);
    if (listed.length > 0) lists.push({ index, listed });
  }
  return lists.sort((a, b) => b.listed.length - a.listed.length);
}

/** The series of an index file: its order, and before or behind it what the index leaves out. */
function listedSeries(index: string, listed: string[], there: string[]): BinlogSeries {
  const first = sequenceOf(listed[0]!);
  const isListed = new Set(listed);
  const isThere = new Set(there);
  const unlisted = inOrder(there.filter((name) => !isListed.has(name)));
  return {
    base: parseBinlogFileName(listed[listed.length - 1]!)!.base,
    files: [
      ...unlisted.filter((name) => sequenceOf(name) < first),
      ...listed.filter((name) => isThere.has(name)),
      ...unlisted.filter((name) => sequenceOf(name) >= first),
    ],
    index,
    missing: listed.filter((name) => !isThere.has(name)),
    unlisted,
  };
}

/**
 * The files of a store, which are of one history whatever their base names are, in the order that a
 * dump takes them in. Undefined where there are none.
 */
async function storeSeries(
  dir: string,
  byBase: Map<string, string[]>,
  indexes: string[],
): Promise<BinlogSeries | undefined> {
  const order = await readStoreOrder(dir, { names: inOrder([...byBase.values()].flat()), indexes });
  const { files, empty, index } = order;
  const listed = new Set(order.listed.filter(parseBinlogFileName));
  const newest = files[files.length - 1] ?? [...listed].pop();
  if (newest === undefined) return undefined;
  for (const name of [...files, ...empty]) byBase.delete(parseBinlogFileName(name)!.base);
  return {
    base: parseBinlogFileName(newest)!.base,
    files,
    ...(index === undefined || listed.size === 0 ? {} : { index }),
    missing: order.missing.filter(parseBinlogFileName),
    unlisted: files.filter((name) => !listed.has(name)),
  };
}

/**
 * Finds the binlog files of a folder: in the order of the index file beside them, else by the numbers
 * in their names. Base names without an index count only where some file begins as a binlog does,
 * which MariaDB's aria_log.00000001 does not. Those of a store are one series.
 *
 * @throws {StoreError} where the folder can't be read.
 */
export async function openBinlogFolder(dir: string): Promise<BinlogFolder> {
  const byBase = new Map<string, string[]>();
  const indexes: string[] = [];
  let isStore = false;
  try {
    // Asynchronously each entry would be a call of its own: a tenth of a second for a few thousand.
    for (const entry of Deno.readDirSync(dir)) {
      if (!isFile(dir, entry)) continue;
      if (STORE_MARKS.has(entry.name)) isStore = true;
      const parsed = parseBinlogFileName(entry.name);
      if (parsed) {
        const names = byBase.get(parsed.base);
        if (names) names.push(entry.name);
        else byBase.set(parsed.base, [entry.name]);
      } else if (entry.name.endsWith(".index") && !entry.name.startsWith("binlogd")) {
        indexes.push(entry.name);
      }
    }
  } catch (cause) {
    throw readError(dir, cause);
  }
  const series: BinlogSeries[] = [];
  const taken = new Set<string>();
  const own = isStore ? await storeSeries(dir, byBase, indexes) : undefined;
  if (own) series.push(own);
  for (const { index, listed } of own ? [] : await readIndexes(dir, indexes)) {
    // One index lists files of several bases where the source's log_bin was changed.
    const bases = new Set(listed.map((name) => parseBinlogFileName(name)!.base));
    if ([...bases].every((base) => taken.has(base))) continue;
    series.push(listedSeries(index, listed, [...bases].flatMap((base) => byBase.get(base) ?? [])));
    for (const base of bases) {
      taken.add(base);
      byBase.delete(base);
    }
  }
  for (const [base, files] of [...byBase].sort()) {
    if (!files.some((name) => looksLikeBinlog(`${dir}/${name}`))) continue;
    series.push({ base, files: inOrder(files), missing: [], unlisted: [] });
  }
  return { dir, isStore, series };
}

/** Tells whether a path is a folder or a file, and opens a folder. Throws StoreError. */
export async function openBinlogPath(path: string): Promise<BinlogPath> {
  if (path === "-") return { kind: "file", path };
  let info: Deno.FileInfo;
  try {
    info = await Deno.stat(path);
  } catch (cause) {
    throw readError(path, cause);
  }
  if (!info.isDirectory) return { kind: "file", path };
  const dir = path.length > 1 ? path.replace(/\/+$/, "") : path;
  return { kind: "folder", folder: await openBinlogFolder(dir) };
}

/** A single file as a folder that holds nothing else; never one to write to. */
export function folderOfFile(path: string): BinlogFolder {
  const slash = path.lastIndexOf("/");
  const dir = slash < 0 ? "." : path.slice(0, slash) || "/";
  const name = path.slice(slash + 1);
  const base = parseBinlogFileName(name)?.base ?? name;
  return { dir, isStore: false, series: [{ base, files: [name], missing: [], unlisted: [] }] };
}

/**
 * The one series of a folder that a command works on, by its base name where there are several.
 * Throws StoreError where there is none, UsageError where it has to be said which.
 */
export function chooseSeries(folder: BinlogFolder, base?: string): BinlogSeries {
  const found = folder.series.filter((series) => base === undefined || series.base === base);
  if (found.length === 1) return found[0]!;
  if (found.length === 0) {
    throw new StoreError(`${folder.dir} holds no binlog files${base ? ` named ${base}` : ""}`, {
      file: folder.dir,
      hint: "name the folder in which binlog.000001 or the like lies",
    });
  }
  const bases = found.map((series) => series.base).join(", ");
  throw new UsageError(`${folder.dir} holds several series of binlog files: ${bases}`, {
    hint: "say which one with --base",
  });
}
