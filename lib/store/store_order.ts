import { BINLOG_MAGIC } from "../binlog/event_header.ts";
import { parseBinlogFileName } from "./file_name.ts";
import { indexFileName, readIndexFile } from "./index_file.ts";
import { orderByAge } from "./order_by_age.ts";
import { readStoreFolder, type StoreFolder } from "./store_folder.ts";

/** The binlog files of a store in their order. */
export interface StoreOrder {
  /** As the index lists them, whether they are there or not. */
  listed: string[];
  /** Files that are there and not listed, newer than all that are, in the order of time. */
  unlisted: string[];
  /** Not listed, and older than all that are: what a purge that was interrupted left. */
  older: string[];
  /** Not listed, and in between, or where can't be told. */
  astray: string[];
  /** Not listed, with no event in them, and not where the newest file would be. */
  empty: string[];
  /** All that are there and have a place, listed or not, in the order of time. */
  files: string[];
  /** Listed files that are not there. */
  missing: string[];
  /** The index file that was read, if there is one. */
  index: string | undefined;
  /** What a cut index has as its last line, which is not in `listed`. */
  cutLine?: string;
  /** Index files that an index of the same files has taken the place of. */
  stale: string[];
}

function baseOf(name: string): string | undefined {
  return parseBinlogFileName(name)?.base;
}

/**
 * Reads the order of a store's files. Of several index files, as a change of the source's log_bin
 * leaves them between two writes, the one that lists the most counts.
 */
export async function readStoreOrder(dir: string, folder?: StoreFolder): Promise<StoreOrder> {
  const { names, indexes } = folder ?? await readStoreFolder(dir);
  const there = new Set(names);
  const newest = names[names.length - 1];
  const own = newest && indexFileName(baseOf(newest)!);
  let best: { index: string; listed: string[]; found: number } | undefined;
  const lists = new Map<string, string[]>();
  for (const index of [...indexes].sort()) {
    const listed = await readIndexFile(`${dir}/${index}`);
    lists.set(index, listed);
    const found = listed.filter((name) => there.has(name)).length;
    const more = !best || found > best.found || (found === best.found && index === own);
    if (more) best = { index, listed, found };
  }
  const listed = best?.listed ?? [];
  const cutLine = best && await findCutLine(`${dir}/${best.index}`, listed);
  if (cutLine !== undefined) listed.pop();
  const isListed = new Set(listed);
  const stale = [...lists].filter(([index, files]) =>
    index !== best?.index && files.length > 0 && files.every((name) => isListed.has(name)) &&
    index === indexFileName(baseOf(files[0]!) ?? "")
  );
  return {
    listed,
    ...placeFiles(dir, listed.filter((name) => there.has(name)), names),
    missing: listed.filter((name) => !there.has(name)),
    index: best?.index,
    ...(cutLine === undefined ? {} : { cutLine }),
    stale: stale.map(([index]) => index),
  };
}

/** The last line of an index where that is no name of a binlog file because it is not whole. */
async function findCutLine(path: string, listed: string[]): Promise<string | undefined> {
  const last = listed[listed.length - 1];
  if (last === undefined || parseBinlogFileName(last)) return undefined;
  const text = await Deno.readTextFile(path);
  return text.endsWith("\n") ? undefined : last;
}

/** Finds where the files belong that are not listed; `names` are all that are there, by number. */
function placeFiles(
  dir: string,
  listed: readonly string[],
  names: readonly string[],
): Pick<StoreOrder, "unlisted" | "older" | "astray" | "empty" | "files"> {
  const isListed = new Set(listed);
  const others = names.filter((name) => !isListed.has(name));
  const begun = new Set(others.filter((name) => isEmpty(`${dir}/${name}`)));
  const { files, unplaced } = orderByAge(dir, listed, others.filter((name) => !begun.has(name)));
  const places = files.flatMap((name, i) => isListed.has(name) ? [i] : []);
  const first = places[0] ?? 0;
  const last = places[places.length - 1] ?? -1;
  const unlisted = files.slice(last + 1);
  const empty: string[] = [];
  for (const name of begun) {
    // The newest file may be like that: one that was begun just before a crash.
    if (isAfter(name, files[files.length - 1])) {
      unlisted.push(name);
      files.push(name);
    } else empty.push(name);
  }
  return {
    unlisted,
    older: files.slice(0, first),
    astray: [...unplaced, ...files.slice(first, last + 1).filter((name) => !isListed.has(name))],
    empty,
    files,
  };
}

/**
 * Whether a file was begun and holds no event, and no part of one, so that of its age nothing is known:
 * a part of the magic, or zeros, which a power cut leaves of it.
 */
function isEmpty(path: string): boolean {
  try {
    if (Deno.statSync(path).size > BINLOG_MAGIC.length) return false;
    const bytes = Deno.readFileSync(path);
    return bytes.every((byte, i) => byte === BINLOG_MAGIC[i]) || bytes.every((byte) => byte === 0);
  } catch {
    return false;
  }
}

/** Whether a file may follow the newest one, by its number; anything may follow none. */
function isAfter(name: string, newest: string | undefined): boolean {
  if (newest === undefined) return true;
  const { base, sequence } = parseBinlogFileName(name)!;
  const other = parseBinlogFileName(newest)!;
  return base === other.base && sequence > other.sequence;
}
