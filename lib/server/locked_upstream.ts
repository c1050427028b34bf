import { StoreLock } from "../store/store_lock.ts";
import type { Upstream } from "./upstream.ts";

/** Time between two looks, `lookMs` of {@link LockedUpstream.watch} by default. */
const LOOK_MS = 2000;

/**
 * A dump in another process as upstream, as far as it can be seen from here: whoever holds the
 * store's lock is taken for one that is connected. A dump may begin after us, and come back after
 * it ended: once seen, it is missed.
 */
export class LockedUpstream implements Upstream {
  present: boolean;
  connected: boolean;
  readonly guessed = true;
  readonly #timer: ReturnType<typeof setInterval>;

  private constructor(dir: string, held: boolean, lookMs: number) {
    this.present = this.connected = held;
    this.#timer = setInterval(async () => {
      this.connected = await StoreLock.isHeld(dir).catch(() => false);
      this.present ||= this.connected;
    }, lookMs);
  }

  /** Begins to look at the store in `dir`. */
  static async watch(dir: string, lookMs = LOOK_MS): Promise<LockedUpstream> {
    return new LockedUpstream(dir, await StoreLock.isHeld(dir).catch(() => false), lookMs);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
