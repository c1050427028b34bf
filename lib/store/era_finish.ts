import { StoreError } from "../errors.ts";
import { CLOSE_HOOK_FILE } from "./close_hook.ts";
import { readIdentity, type StoreEra, writeIdentity } from "./identity.ts";
import { withIndexLock } from "./index_lock.ts";
import { keepAccess } from "./keep_access.ts";
import { readStoreFolder } from "./store_folder.ts";
import { storeIoError } from "./store_io_error.ts";
import { STATE_FILE } from "./store_state.ts";
import { syncDirectory } from "./sync_directory.ts";

/**
 * Finishes the era that is begun: its files move to its folder, and once that is durable, the store
 * has no source any more. Interrupted anywhere, it goes on where it was when it is called again.
 * Returns the folder; undefined where no era is begun.
 * @throws {StoreError} where a file can't be moved or removed; the era stays begun then.
 */
export async function finishEra(dir: string): Promise<string | undefined> {
  const identity = await readIdentity(dir);
  const era = identity?.eras.find(({ begun }) => begun);
  if (!identity || !era) return undefined;
  await withIndexLock(dir, () => moveHistory(dir, era));
  delete era.begun;
  // Up to here they were of what was still in the store; the era has its own copy of them.
  delete identity.source;
  identity.holes = [];
  await writeIdentity(dir, identity);
  return `${dir}/${era.folder}`;
}

async function moveHistory(dir: string, era: StoreEra): Promise<void> {
  const folder = `${dir}/${era.folder}`;
  await tell("make", folder, () => makeFolder(folder));
  const { names, indexes } = await readStoreFolder(dir);
  // The index comes last: as long as there are files, it says what order they are in.
  for (const name of [...names, ...indexes]) await moveFile(dir, era.folder, name);
  // What they say is of files that are gone from here; those to come begin with the same names.
  for (const name of [STATE_FILE, CLOSE_HOOK_FILE]) {
    await tell("remove", `${dir}/${name}`, () => removeFile(`${dir}/${name}`));
  }
  await tell("sync", folder, () => syncDirectory(folder));
  await tell("sync", dir, () => syncDirectory(dir));
}

/** As any file, one that root makes is its folder's owner's. */
async function makeFolder(path: string): Promise<void> {
  await Deno.mkdir(path, { recursive: true, mode: 0o750 });
  using opened = await Deno.open(path);
  await keepAccess(path, opened);
}

async function moveFile(dir: string, folder: string, name: string): Promise<void> {
  const from = `${dir}/${name}`;
  const to = `${dir}/${folder}/${name}`;
  // A rename would write over what is there.
  if (await Deno.lstat(to).then(() => true, () => false)) {
    throw new StoreError(`Cannot move ${from} to ${folder}, where another ${name} is`, {
      file: from,
      hint: `move one of the two elsewhere; the next start moves the rest to ${folder}`,
    });
  }
  await tell("move", from, () => Deno.rename(from, to));
}

async function removeFile(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Runs a step, of which an error says what it was about. */
async function tell(action: string, path: string, step: () => void | Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    throw storeIoError(action, path, error);
  }
}
