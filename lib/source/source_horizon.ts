import type { DumpStream } from "./dump_stream.ts";
import type { Session } from "./session_setup.ts";

/** Event times are whole seconds, and the difference of two clocks is known to about one. */
const CLOCK_SLACK_MS = 2000;

/** How much of its source a dump has seen, for those who have to say what the source lacks. */
export class SourceHorizon {
  /** There is a source, connected or not. */
  readonly present = true;
  #stream: DumpStream | undefined;
  #clockAheadMs = 0;

  /** Another stream begins, or, with undefined, the last one has ended. */
  follow(stream: DumpStream | undefined, session: Session | undefined): void {
    this.#stream = stream;
    this.#clockAheadMs = session?.clockAheadMs ?? 0;
  }

  get connected(): boolean {
    return this.#stream !== undefined;
  }

  /**
   * Time, as Date.now(), up to which everything that was in the source's binlog then has been sent
   * to us; 0 for nothing known. A heartbeat comes at the end of the binlog only; what was written
   * before an event began stands before it.
   */
  get seenUpTo(): number {
    const state = this.#stream?.state;
    if (!state) return 0;
    const byEvent = state.timestamp * 1000 - this.#clockAheadMs - CLOCK_SLACK_MS;
    return Math.min(Date.now(), Math.max(0, byEvent, state.heartbeatTime));
  }
}
