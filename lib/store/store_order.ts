import { parseBinlogFileName } from "./file_name.ts";
import { indexFileName, readIndexFile } from "./index_file.ts";
import { readStoreFolder } from "./store_folder.ts";

/** The binlog files of a store in their order. */
export interface StoreOrder {
  /** As the index lists them, whether they are there or not. */
  listed: string[];
  /** Files that are there and not listed, by number. */
  unlisted: string[];
  /** Listed files that are not there. */
  missing: string[];
  /** The index file that was read, if there is one. */
  index: string | undefined;
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
export async function readStoreOrder(dir: string): Promise<StoreOrder> {
  const { names, indexes } = await readStoreFolder(dir);
  const there = new Set(names);
  const newest = names[names.length - 1];
  const own = newest && indexFileName(baseOf(newest)!);
  let best: { index: string; listed: string[]; found: number } | undefined;
  const lists = new Map<string, string[]>();
  for (const index of indexes.sort()) {
    const listed = await readIndexFile(`${dir}/${index}`);
    lists.set(index, listed);
    const found = listed.filter((name) => there.has(name)).length;
    const more = !best || found > best.found || (found === best.found && index === own);
    if (more) best = { index, listed, found };
  }
  const listed = best?.listed ?? [];
  const isListed = new Set(listed);
  const stale = [...lists].filter(([index, files]) =>
    index !== best?.index && files.length > 0 && files.every((name) => isListed.has(name)) &&
    index === indexFileName(baseOf(files[0]!) ?? "")
  );
  return {
    listed,
    unlisted: names.filter((name) => !isListed.has(name)),
    missing: listed.filter((name) => !there.has(name)),
    index: best?.index,
    stale: stale.map(([index]) => index),
  };
}
