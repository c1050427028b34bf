import type { Logger } from "../log.ts";
import { CLOSE_HOOK_FILE } from "../store/close_hook.ts";
import { readIdentity } from "../store/identity.ts";
import type { Store } from "../store/store.ts";
import { readStoreOrder } from "../store/store_order.ts";

/**
 * Looks which files of a store --on-close has not run for, before it is opened: where that moves
 * them to an era, the command never will. Returns what tells of them once the store is open. A store
 * whose command has left no note counts only where the command is wanted, `isWanted`.
 */
export async function lookForOnCloseLeft(
  dir: string,
  isWanted: boolean,
): Promise<(store: Store, log: Logger) => void> {
  const before = await look(dir, isWanted).catch(() => {
    // There is no store yet, or opening it says what is wrong with it.
  });
  return (store, log) => {
    const era = store.identity.eras.at(-1);
    if (!before || !era || store.identity.eras.length === before.eras) return;
    const folder = `${dir}/${era.folder}`;
    const left = before.files.filter((file) => isThere(`${folder}/${file}`));
    if (left.length === 0) return;
    log.warning("--on-close has not run for files of the era, and will not", {
      folder,
      files: left.length,
      first: left[0],
      last: left[left.length - 1],
    });
  };
}

async function look(dir: string, isWanted: boolean): Promise<{ files: string[]; eras: number }> {
  // A move that was interrupted goes on when the store is opened.
  const eras = (await readIdentity(dir))?.eras.filter(({ begun }) => !begun).length ?? 0;
  const note = await Deno.readTextFile(`${dir}/${CLOSE_HOOK_FILE}`).catch(() => undefined);
  if (note === undefined && !isWanted) return { files: [], eras };
  // Of what the index lists some may have been moved already.
  const { listed, unlisted } = await readStoreOrder(dir);
  const files = [...listed, ...unlisted];
  return { files: files.slice(files.indexOf(lastOf(note)) + 1), eras };
}

function lastOf(note: string | undefined): string {
  try {
    return String(JSON.parse(note ?? "").last);
  } catch {
    return ""; // damaged: the command would have run for all
  }
}

function isThere(path: string): boolean {
  try {
    return Deno.lstatSync(path).isFile;
  } catch {
    return false;
  }
}
