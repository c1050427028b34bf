import { syncDirectory } from "./sync_directory.ts";

const UTF8 = new TextEncoder();

/**
 * Replaces `path` so that after a crash it holds either the old or the new content: write to
 * `<path>.tmp`, sync it, rename it over, sync the directory.
 */
export async function writeFileAtomic(path: string, content: string | Uint8Array): Promise<void> {
  const tmp = `${path}.tmp`;
  const bytes = typeof content === "string" ? UTF8.encode(content) : content;
  try {
    using file = await Deno.open(tmp, { write: true, create: true, truncate: true, mode: 0o640 });
    let done = 0;
    while (done < bytes.length) done += await file.write(bytes.subarray(done));
    await file.sync();
    await Deno.rename(tmp, path);
  } catch (error) {
    await Deno.remove(tmp).catch(() => {});
    throw error;
  }
  syncDirectory(path.slice(0, Math.max(path.lastIndexOf("/"), 0)) || ".");
}
