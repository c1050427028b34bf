import { storeStep } from "../store/store_step.ts";

/** What begins the name of a file that a purge took away and is about to remove. */
export const PURGED = "binlogd.purged.";

/**
 * Removes what was taken away from a store, by this purge or by one that was interrupted. Returns how
 * many files that were.
 *
 * @throws {StoreIoError} for the first one that did not go, after all the others.
 */
export async function removePurged(dir: string): Promise<number> {
  const entries = await storeStep("look into", dir, () => [...Deno.readDirSync(dir)]);
  const names = entries.map(({ name }) => name).filter((name) => name.startsWith(PURGED));
  let failure: unknown;
  for (const name of names) {
    const path = `${dir}/${name}`;
    await storeStep("remove", path, () => removeIfThere(path)).catch((error) => failure ??= error);
  }
  if (failure !== undefined) throw failure;
  return names.length;
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
