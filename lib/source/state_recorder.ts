import { BinlogdError } from "../errors.ts";
import type { Store } from "../store/store.ts";
import { systemError } from "../store/system_error.ts";
import type { DumpStream } from "./dump_stream.ts";
import type { Session } from "./session_setup.ts";

/** How often the state file is written while data comes. */
const STATE_INTERVAL_MS = 1000;

/**
 * Writes the store's state and, once the stream has shown that the source is the right one, its
 * identity: at most once a second and at the end, never in the path of an ACK.
 */
export class StateRecorder {
  readonly #store: Store;
  readonly #stream: DumpStream;
  readonly #session: Session;
  readonly #timer: ReturnType<typeof setInterval>;
  #running: Promise<void> | undefined;
  #recorded = "";
  #identified = false;

  constructor(store: Store, stream: DumpStream, session: Session) {
    this.#store = store;
    this.#stream = stream;
    this.#session = session;
    this.#timer = setInterval(() => this.#tick(), STATE_INTERVAL_MS);
  }

  #tick(): void {
    this.#running ??= this.#record()
      // The bytes that come may have room where the state has none: nobody else would tell.
      .catch((cause) => this.#stream.fail(systemError("keep the state of", this.#store.dir, cause)))
      .finally(() => this.#running = undefined);
  }

  async #record(): Promise<void> {
    const position = this.#store.end.position();
    if (!position) return;
    const { acked } = this.#stream;
    const now = `${position.file}:${position.durable} ${acked?.file}:${acked?.position}`;
    if (now !== this.#recorded) {
      await this.#store.recordState(acked);
      this.#recorded = now;
    }
    const { state, sink } = this.#stream;
    // Only a source that has shown what the store holds is the store's.
    const proven = state.events > 0 && !sink.comparing && sink.failure === undefined;
    if (!this.#identified && proven) {
      this.#identified = true;
      const { identity } = this.#store;
      if (JSON.stringify(identity.source) !== JSON.stringify(this.#session.source)) {
        identity.source = this.#session.source;
        await this.#store.saveIdentity();
      }
    }
  }

  /** Writes what there is to write, and stops. */
  async finish(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
    try {
      await this.#record();
    } catch (error) {
      if (error instanceof BinlogdError) throw error;
      // The files themselves are synced; the state is only a lower bound of that.
    }
  }
}
