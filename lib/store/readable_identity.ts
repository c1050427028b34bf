import { StoreError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { IDENTITY_FILE, readIdentity, type StoreIdentity } from "./identity.ts";

/**
 * The identity of a folder that is a store. One that can't be read is a warning, since nobody knows
 * then whether the files have holes.
 */
export async function readableIdentity(
  folder: { dir: string; isStore: boolean },
  log: Logger,
): Promise<StoreIdentity | undefined> {
  if (!folder.isStore) return undefined;
  try {
    return await readIdentity(folder.dir);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    log.warning("whether the files have holes can't be told", {
      file: `${folder.dir}/${IDENTITY_FILE}`,
      error: error.message,
    });
    return undefined;
  }
}
