/**
 * Opens a file that only this process has, to write it; one that an interrupted write has left, or a
 * link that somebody has put there, is removed.
 */
export function openAnew(path: string, mode = 0o640): Deno.FsFile {
  const options = { write: true, createNew: true, mode };
  try {
    return Deno.openSync(path, options);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    Deno.removeSync(path);
    return Deno.openSync(path, options);
  }
}
