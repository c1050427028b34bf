import { StoreLock } from "../store/store_lock.ts";
import type { Upstream } from "./upstream.ts";

const LOOK_MS = 2000;

/**
 * A dump in another process as upstream, as far as it can be seen from here: whoever holds the
 * store's lock is taken for one that is connected.
 */
export class LockedUpstream implements Upstream {
  connected: boolean;
  readonly #timer: ReturnType<typeof setInterval>;

  private constructor(dir: string, held: boolean) {
    this.connected = held;
    this.#timer = setInterval(async () => {
      this.connected = await StoreLock.isHeld(dir).catch(() => false);
    }, LOOK_MS);
  }

  /** Undefined where nobody writes the folder now. */
  static async watch(dir: string): Promise<LockedUpstream | undefined> {
    return await StoreLock.isHeld(dir).catch(() => false)
      ? new LockedUpstream(dir, true)
      : undefined;
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
