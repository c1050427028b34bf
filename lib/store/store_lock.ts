import { StoreError } from "../errors.ts";
import { lockError } from "./lock_error.ts";
import { openOwnFile } from "./open_own_file.ts";
import { unlock } from "./unlock.ts";

/** Name of the lock file inside a store; locked with flock as long as a writer is at work. */
export const LOCK_FILE = "binlogd.lock";

/** How long a lock may take on runtimes that have no way to only try. */
const LOCK_WAIT_MS = 300;

/** Whoever only looks whether the store is locked has the lock for an instant: tried so often again. */
const LOOKS = 25;
const LOOK_MS = 20;

/** What the process that has the lock says of its source. */
export interface LockNote {
  connected: boolean;
  /** See SourceHorizon.seenUpTo. */
  seenUpTo: number;
}

/** Takes an exclusive flock; false when another process has it. */
export async function tryLock(file: Deno.FsFile): Promise<boolean> {
  return canTry(file) ? await file.tryLock(true) : await isDoneSoon(file.lock(true));
}

/** Deno before 2.9 can't only try. */
function canTry(file: Deno.FsFile): boolean {
  return typeof (file as Partial<Deno.FsFile>).tryLock === "function";
}

async function isDoneSoon(locked: Promise<void>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), LOCK_WAIT_MS);
  });
  try {
    return await Promise.race([locked.then(() => true), timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** Lock files that a thread of ours waits for, where there is no way to only try. */
const waitedFor = new Set<string>();

/** Whether nobody has the lock; closes the file, where that takes a wait once it is over. */
async function isFree(path: string, file: Deno.FsFile): Promise<boolean> {
  if (canTry(file)) return tryForAnInstant(path, file);
  waitedFor.add(path);
  const locked = file.lock(false).finally(() => {
    waitedFor.delete(path);
    unlock(file);
  });
  locked.catch(() => {}); // perhaps nobody asks any more by then
  return await isDoneSoon(locked).catch((cause) => {
    throw lockError(path, cause);
  });
}

/**
 * Nothing comes between lock and unlock: a dump that starts meanwhile must not find it taken. The lock
 * is a shared one: of two who look at a time neither takes the other for a dump.
 */
function tryForAnInstant(path: string, file: Deno.FsFile): boolean {
  try {
    return file.tryLockSync(false);
  } catch (cause) {
    throw lockError(path, cause);
  } finally {
    unlock(file);
  }
}

/** {@link tryLock}, with patience for somebody who only looks. */
async function tryLockAgain(file: Deno.FsFile): Promise<boolean> {
  let locked = await tryLock(file);
  // Where there is no way to only try, the first try has waited long enough.
  for (let tries = 0; !locked && canTry(file) && tries < LOOKS; tries++) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    locked = await tryLock(file);
  }
  return locked;
}

/**
 * Keeps two writers out of one store. The kernel releases the lock when the process ends, however
 * it ends, so a lock file that is merely there means nothing.
 */
export class StoreLock {
  readonly #file: Deno.FsFile;
  #told = "";

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /**
   * Locks the store in `dir`.
   * @throws {StoreError} where another process has it; the message names its process id.
   * @throws {StoreIoError} where the file system has no locks.
   */
  static async take(dir: string): Promise<StoreLock> {
    const path = `${dir}/${LOCK_FILE}`;
    const file = await openOwnFile(path);
    const locked = await tryLockAgain(file).catch((cause) => {
      file.close();
      throw lockError(path, cause);
    });
    if (!locked) {
      const [holder] = (await Deno.readTextFile(path).catch(() => "")).split("\n");
      file.close();
      throw new StoreError(
        `Cannot write to ${dir}: another binlogd is at work there${holder && ` (${holder})`}`,
        { file: path, hint: "end that process first, or give this one a folder of its own" },
      );
    }
    await file.truncate(0);
    await file.write(new TextEncoder().encode(`pid ${Deno.pid}\n`));
    return new StoreLock(file);
  }

  /**
   * Whether some process holds the lock of the store in `dir`. Leaves it as it is.
   * @throws {StoreIoError} where the file system has no locks.
   */
  static async isHeld(dir: string): Promise<boolean> {
    const path = `${dir}/${LOCK_FILE}`;
    // Another wait would only take another thread, of which there are few.
    if (waitedFor.has(path)) return true;
    let file: Deno.FsFile;
    try {
      file = await Deno.open(path, { read: true });
    } catch {
      return false;
    }
    return !await isFree(path, file);
  }

  /** Says how it is with the source, for {@link look}; always as many bytes, in one write. */
  tell({ connected, seenUpTo }: LockNote): void {
    const state = connected ? "connected" : "away     ";
    const text = `pid ${Deno.pid}\nsource ${state} seen ${new Date(seenUpTo).toISOString()}\n`;
    if (text === this.#told) return;
    this.#told = text;
    try {
      this.#file.seekSync(0, Deno.SeekMode.Start);
      this.#file.writeSync(new TextEncoder().encode(text));
    } catch {
      // On a full or read-only disk the dump says so itself; this is only for those who look on.
    }
  }

  /** What the process that has the lock of the store in `dir` says; undefined where none has it. */
  static async look(dir: string): Promise<LockNote | undefined> {
    if (!await StoreLock.isHeld(dir)) return undefined;
    const text = await Deno.readTextFile(`${dir}/${LOCK_FILE}`).catch(() => "");
    const [, state, time] = /^source (\w+) +seen (\S+Z)$/m.exec(text) ?? [];
    return { connected: state === "connected", seenUpTo: time ? Date.parse(time) : 0 };
  }

  release(): void {
    unlock(this.#file);
  }
}
