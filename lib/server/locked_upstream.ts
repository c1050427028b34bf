import { StoreLock } from "../store/store_lock.ts";
import type { Upstream } from "./upstream.ts";

/** Time between two looks, `lookMs` of {@link LockedUpstream.watch} by default. */
const LOOK_MS = 1000;

/**
 * A dump in another process as upstream, by what it says in the store's lock file. A dump may begin
 * after us, and come back after it ended: once seen, it is missed.
 */
export class LockedUpstream implements Upstream {
  present = false;
  connected = false;
  seenUpTo = 0;
  readonly #dir: string;
  #timer: ReturnType<typeof setInterval> | undefined;

  private constructor(dir: string) {
    this.#dir = dir;
  }

  /** Begins to look at the store in `dir`. */
  static async watch(dir: string, lookMs = LOOK_MS): Promise<LockedUpstream> {
    const upstream = new LockedUpstream(dir);
    await upstream.#look();
    upstream.#timer = setInterval(() => upstream.#look(), lookMs);
    return upstream;
  }

  async #look(): Promise<void> {
    const note = await StoreLock.look(this.#dir).catch(() => undefined);
    this.present ||= note !== undefined;
    this.connected = note?.connected ?? false;
    this.seenUpTo = note?.seenUpTo ?? 0;
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
