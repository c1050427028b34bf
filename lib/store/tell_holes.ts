import type { Logger } from "../log.ts";
import type { StoreHole } from "./identity.ts";
import { readableIdentity } from "./readable_identity.ts";

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

/** The same for a folder, where it is a store; returns the holes. See {@link readableIdentity}. */
export async function tellHolesOf(
  folder: { dir: string; isStore: boolean },
  log: Logger,
): Promise<readonly StoreHole[]> {
  const holes = (await readableIdentity(folder, log))?.holes ?? [];
  tellHoles(holes, log);
  return holes;
}
