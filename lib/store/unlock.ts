/**
 * Gives up the lock of a file and closes it. Closing alone would leave the lock to a child process that
 * is just being started, which has a copy of every descriptor until it calls exec.
 */
export function unlock(file: Deno.FsFile): void {
  try {
    file.unlockSync();
  } catch {
    // A thread still waits for the lock: what it gets, it gets for a file that is closed.
  }
  file.close();
}
