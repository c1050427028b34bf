/**
 * Whether `file`, which was opened by `path`, is what lies there, and no link led to it: who may write
 * in the folder could otherwise have root write to, or cut, any file.
 */
export function isFileAt(path: string, file: Deno.FsFile): boolean {
  try {
    const [there, opened] = [Deno.lstatSync(path), file.statSync()];
    return !there.isSymlink && there.ino === opened.ino && there.dev === opened.dev;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
