import { StoreError } from "../errors.ts";
import { isFileAt } from "./is_file_at.ts";
import { keepAccess } from "./keep_access.ts";

/** The name may be another file's by the time it is looked at, as one purge follows another. */
const TRIES = 3;

/**
 * Opens one of binlogd's own files in a store, a lock above all, for reading and writing, making it if
 * need be; one that root makes is its folder's owner's, who has to open it, too. What that account has
 * put there instead, a link, is not followed: root would write to any file of its choice.
 *
 * @throws {StoreError} where the path is no file of this folder.
 */
export async function openOwnFile(path: string): Promise<Deno.FsFile> {
  const options = { read: true, write: true, mode: 0o640 };
  try {
    const file = await Deno.open(path, { ...options, createNew: true });
    await keepAccess(path, file);
    return file;
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
  for (let tries = 1; tries <= TRIES; tries++) {
    if (await isLink(path)) break;
    const file = await Deno.open(path, { ...options, create: true });
    if (isFileAt(path, file)) return file;
    file.close();
  }
  throw new StoreError(`${path} leads elsewhere`, {
    file: path,
    expected: "a file of binlogd's own",
    hint: "see who has put it there; without it, it is made again",
  });
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await Deno.lstat(path)).isSymlink;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
