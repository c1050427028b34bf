import { StoreError, StoreIoError } from "../errors.ts";
import { parseBinlogFileName } from "./file_name.ts";
import { isSystemError } from "./is_system_error.ts";
import { writeFileAtomic } from "./write_file_atomic.ts";

/** Name of the index file for binlogs of this base name, as MySQL names it. */
export function indexFileName(base: string): string {
  return `${base}.index`;
}

/**
 * Reads an index file as MySQL and MariaDB write it: one path a line, relative (`./binlog.000001`)
 * or absolute. Returns the base names in the file's order, each once.
 *
 * @throws {StoreIoError} where it can't be read.
 */
export async function readIndexFile(path: string): Promise<string[]> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    const hint = "see that this account may read it";
    throw new StoreIoError(`Cannot read ${path}: ${cause.message}`, { file: path, cause, hint });
  }
  const names = new Set<string>();
  for (const line of text.split("\n")) {
    const name = line.replace(/\r$/, "").split(/[/\\]/).pop()!;
    if (name !== "") names.add(name);
  }
  return [...names];
}

/** Writes the index of a store: tmp, sync, rename, sync directory. */
export async function writeIndexFile(dir: string, names: readonly string[]): Promise<void> {
  const last = names[names.length - 1];
  const parsed = last === undefined ? undefined : parseBinlogFileName(last);
  if (!parsed) throw new StoreError(`Cannot write an index for ${last}: it is no binlog name`);
  const text = names.map((name) => `./${name}\n`).join("");
  await writeFileAtomic(`${dir}/${indexFileName(parsed.base)}`, text);
}
