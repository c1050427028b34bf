/** Makes renames and new names in `dir` durable. */
export function syncDirectory(dir: string): void {
  using handle = Deno.openSync(dir, { read: true });
  handle.syncSync();
}
