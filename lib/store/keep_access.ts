import { isSystemError } from "./is_system_error.ts";
import { folderOf } from "./folder_of.ts";

/** The bits of a mode that say who may do what. */
const ACCESS = 0o777;
const GROUP = 0o070;
const ROOT = 0;

/**
 * Gives a file that was just made the owner, group and mode of the one it is going to replace, so that
 * no account loses a file by what another one, such as root, does to it. A file that replaces none
 * belongs, where root has made it, to whom its folder belongs. What the operating system refuses stays
 * as it is: only root may give files away.
 */
export async function keepAccess(
  path: string,
  file: Deno.FsFile,
  replaced?: Deno.FileInfo,
): Promise<void> {
  try {
    const made = file.statSync();
    if (!replaced && made.uid !== ROOT) return;
    const { uid, gid } = replaced ?? Deno.statSync(folderOf(path));
    const mode = (replaced ?? made).mode! & ACCESS;
    if (uid === made.uid && gid === made.gid && mode === (made.mode! & ACCESS)) return;
    await change(path, made, { uid: uid!, gid: gid!, mode });
  } catch (error) {
    if (!isSystemError(error)) throw error;
  }
}

async function change(
  path: string,
  made: Deno.FileInfo,
  { uid, gid, mode }: { uid: number; gid: number; mode: number },
): Promise<void> {
  // Loaded where it is needed, which is seldom: that takes longer than most commands' start.
  const { closeSync, fchmodSync, fchownSync, fstatSync, openSync } = await import("node:fs");
  const fd = openSync(path, "r");
  try {
    // In the folder of another account the name may be another file's by now, which stays its own.
    const opened = fstatSync(fd);
    if (opened.ino !== made.ino || opened.dev !== made.dev) return;
    const group = isDone(() => fchownSync(fd, uid, gid)) ||
      isDone(() => fchownSync(fd, made.uid!, gid));
    // Of a group that it could not keep, its members may do no more than what it was made with.
    fchmodSync(fd, group ? mode : mode & ~GROUP | made.mode! & mode & GROUP);
  } finally {
    closeSync(fd);
  }
}

function isDone(step: () => void): boolean {
  try {
    step();
    return true;
  } catch (error) {
    if (isSystemError(error)) return false;
    throw error;
  }
}
