import { StoreError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { IDENTITY_FILE, readIdentity, type StoreHole, type StoreIdentity } from "./identity.ts";

/** A warning for each hole, so that nobody takes the files for complete. */
export function tellHoles(holes: readonly StoreHole[], log: Logger): void {
  for (const { afterFile, afterPosition, nextFile, reason, time } of holes) {
    log.warning("the files have a hole", {
      after: `${afterFile}:${afterPosition}`,
      next: nextFile,
      reason,
      accepted: time,
    });
  }
}

/**
 * The same for a folder, where it is a store; returns the holes. An identity that can't be read is a
 * warning, too, since nobody knows then whether there are any.
 */
export async function tellHolesOf(
  folder: { dir: string; isStore: boolean },
  log: Logger,
): Promise<readonly StoreHole[]> {
  if (!folder.isStore) return [];
  let identity: StoreIdentity | undefined;
  try {
    identity = await readIdentity(folder.dir);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    log.warning("whether the files have holes can't be told", {
      file: `${folder.dir}/${IDENTITY_FILE}`,
      error: error.message,
    });
    return [];
  }
  const holes = identity?.holes ?? [];
  tellHoles(holes, log);
  return holes;
}
