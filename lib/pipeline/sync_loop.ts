/**
 * Runs syncs one after the other, as long as somebody asked for one since the last began. Asking
 * while one is under way costs one more, however many ask.
 */
export class SyncLoop {
  readonly #once: () => Promise<void>;
  readonly #failed: (error: unknown) => void;
  #running: Promise<void> | undefined;
  #wanted = false;
  #over = false;

  /** `once` does one sync; after it threw, `failed` is told and nothing runs any more. */
  constructor(once: () => Promise<void>, failed: (error: unknown) => void) {
    this.#once = once;
    this.#failed = failed;
  }

  /** Asks for a sync of all there is now; returns at once. */
  want(): void {
    this.#wanted = true;
    if (!this.#over) this.#running ??= this.#loop();
  }

  /** Waits until nothing is asked for and nothing is under way. Never throws. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #loop(): Promise<void> {
    try {
      while (this.#wanted) {
        this.#wanted = false;
        await this.#once();
      }
    } catch (error) {
      this.#over = true;
      this.#failed(error);
    } finally {
      // Here and not in a callback later: whoever asks from now on begins a new loop.
      this.#running = undefined;
    }
  }
}
