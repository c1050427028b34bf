import type { Logger } from "../log.ts";

/** `awayMs` of {@link CatchUp}, unless given. */
const AWAY_MS = 2000;

/**
 * Whether a dump that is to be semi-sync first comes near the source's end without it, so that
 * commits don't wait for a history.
 */
export class CatchUp {
  readonly #wanted: boolean;
  readonly #joinBytes: number;
  readonly #log: Logger;
  readonly #awayMs: number;
  #active: boolean;
  /** When the last stream ended, performance.now(), and what it brought. */
  #ended = 0;
  #bytes = 0;

  /**
   * `wanted`: whether there is semi-sync to join at all. `joinBytes`: how near is near. Away from the
   * source for longer than `awayMs`, semi-sync is joined anew only after catching up.
   */
  constructor(wanted: boolean, joinBytes: number, log: Logger, awayMs = AWAY_MS) {
    this.#awayMs = awayMs;
    this.#wanted = this.#active = wanted;
    this.#joinBytes = joinBytes;
    this.#log = log;
  }

  /** Whether the connection that is made now is one without semi-sync. */
  get active(): boolean {
    return this.#active;
  }

  /** Before a connection: much may have been committed while there was none for long. */
  connecting(): void {
    if (!this.#wanted || this.#ended === 0) return;
    if (performance.now() - this.#ended > this.#awayMs) this.#active = true;
  }

  /** A stream has ended and brought `bytes`. */
  streamEnded(bytes: number): void {
    this.#ended = performance.now();
    this.#bytes = bytes;
  }

  /** The stream had come to the source's end: semi-sync is joined when little was left. */
  reachedEnd(): void {
    this.#active = this.#bytes > this.#joinBytes;
    if (!this.#active) this.#log.info("caught up, joining semi-sync");
  }
}
