import type { Logger } from "../log.ts";
import { CloseHook } from "../store/close_hook.ts";
import type { Store } from "../store/store.ts";

/** The command of --on-close, begun with the complete files of a store that it has not run for. */
export async function startCloseHook(
  store: Store,
  words: string[],
  log: Logger,
  signal: AbortSignal,
): Promise<CloseHook> {
  const hook = new CloseHook({ dir: store.dir, words, log, signal });
  const last = store.last;
  const complete = last?.nextFile !== undefined || last?.stopped === true;
  await hook.resume(complete ? store.files : store.files.slice(0, -1));
  return hook;
}
