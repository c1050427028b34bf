import { folderOf } from "./folder_of.ts";
import { keepAccess } from "./keep_access.ts";
import { openAnew } from "./open_anew.ts";
import { syncDirectory } from "./sync_directory.ts";

const UTF8 = new TextEncoder();

/**
 * Replaces `path` so that after a crash it holds either the old or the new content: write to
 * `<path>.tmp`, sync it, rename it over, sync the directory. Owner, group and mode stay those of the
 * file that was there; `mode` is for a new one. Only the sync takes long enough to be waited for beside
 * other work: another thread for each of these steps would take longer than the step.
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  mode = 0o640,
): Promise<void> {
  const tmp = `${path}.tmp`;
  const bytes = typeof content === "string" ? UTF8.encode(content) : content;
  const replaced = fileAt(path);
  try {
    // Nobody may open it meanwhile who may not read it in the end.
    using file = openAnew(tmp, replaced ? mode & replaced.mode! : mode);
    await keepAccess(tmp, file, replaced);
    let done = 0;
    while (done < bytes.length) done += file.writeSync(bytes.subarray(done));
    await file.sync();
    Deno.renameSync(tmp, path);
  } catch (error) {
    await Deno.remove(tmp).catch(() => {});
    throw error;
  }
  syncDirectory(folderOf(path));
}

/** The file that is there; a link is replaced itself, and lends no mode. */
function fileAt(path: string): Deno.FileInfo | undefined {
  try {
    const info = Deno.lstatSync(path);
    return info.isFile ? info : undefined;
  } catch {
    // What else is wrong there is told by the write.
    return undefined;
  }
}
