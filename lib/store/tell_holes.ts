import type { Logger } from "../log.ts";
import { readIdentity, type StoreHole } from "./identity.ts";

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

/** The same for a folder, where it is a store whose identity can be read; returns the holes. */
export async function tellHolesOf(
  folder: { dir: string; isStore: boolean },
  log: Logger,
): Promise<readonly StoreHole[]> {
  if (!folder.isStore) return [];
  const identity = await readIdentity(folder.dir).catch(() => undefined);
  const holes = identity?.holes ?? [];
  tellHoles(holes, log);
  return holes;
}
