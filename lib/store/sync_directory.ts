/** What file systems answer that have no sync for a folder, as some of FUSE and CIFS. */
const UNKNOWN_THERE = ["EINVAL", "ENOTSUP"];

/**
 * Makes renames and new names in `dir` durable. Where the file system has no such thing it does that
 * by itself or not at all, and there is nothing to be done about it; MySQL overlooks it, too.
 */
export function syncDirectory(dir: string): void {
  using handle = Deno.openSync(dir, { read: true });
  try {
    handle.syncSync();
  } catch (error) {
    if (!UNKNOWN_THERE.includes((error as { code?: string }).code ?? "")) throw error;
  }
}
