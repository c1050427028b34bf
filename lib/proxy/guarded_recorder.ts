import type { Direction } from "./packet_view.ts";
import type { Recorder } from "./recorder.ts";
import type { WatchRecorder } from "./watch.ts";

/**
 * Records until that fails (disk full), then no more: connections go on without. The failure is
 * told once, to `onFailure`.
 */
export class GuardedRecorder implements WatchRecorder {
  readonly #recorder: Recorder;
  readonly #onFailure: (error: unknown) => void;
  #failed = false;

  constructor(recorder: Recorder, onFailure: (error: unknown) => void) {
    this.#recorder = recorder;
    this.#onFailure = onFailure;
  }

  #try(work: () => void): void {
    if (this.#failed) return;
    try {
      work();
    } catch (error) {
      this.#failed = true;
      this.#onFailure(error);
    }
  }

  open(connection: number, client: string, server: string, timeUs: number): void {
    this.#try(() => this.#recorder.open(connection, client, server, timeUs));
  }

  bytes(connection: number, direction: Direction, bytes: Uint8Array, timeUs: number): void {
    this.#try(() => this.#recorder.bytes(connection, direction, bytes, timeUs));
  }

  flush(timeUs: number): void {
    this.#try(() => this.#recorder.flush(timeUs));
  }

  close(connection: number, by: Direction | undefined, timeUs: number): void {
    this.#try(() => this.#recorder.close(connection, by, timeUs));
  }

  /** Ends the capture. */
  end(): void {
    this.#try(() => this.#recorder.end());
  }
}
