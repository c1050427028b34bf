import { keepAccess } from "./keep_access.ts";

/**
 * Opens one of binlogd's own files in a store, a lock above all, for reading and writing, making it if
 * need be; one that root makes is its folder's owner's, who has to open it, too.
 */
export async function openOwnFile(path: string): Promise<Deno.FsFile> {
  const options = { read: true, write: true, mode: 0o640 };
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path, { ...options, createNew: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    return await Deno.open(path, { ...options, create: true });
  }
  await keepAccess(path, file);
  return file;
}
