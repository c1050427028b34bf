import type { DumpStream } from "../source/dump_stream.ts";
import type { SourceFile } from "../source/monitor.ts";
import type { Session } from "../source/session_setup.ts";
import type { Store } from "../store/store.ts";
import { formatBytes, formatCount, formatSeconds } from "./format.ts";

/** Over how long rates are averaged. */
const WINDOW_MS = 3000;
/** The source sends what it has at once: silence for this long means that we have it all. */
const IDLE_MS = 500;

interface Sample {
  time: number;
  bytes: number;
  events: number;
}

/** The progress line of a dump: where it is, how fast, how far behind. */
export class DumpProgress {
  store: Store | undefined;
  #files: SourceFile[] = [];
  readonly #forever: boolean;
  #stream: DumpStream | undefined;
  #samples: Sample[] = [];
  #clockAheadMs = 0;
  #catchingUp = false;
  /** Heartbeats of the stream, and its events when the newest was seen. */
  #heartbeats = 0;
  #eventsThen = 0;

  constructor(forever: boolean) {
    this.#forever = forever;
  }

  follow(
    stream: DumpStream | undefined,
    session: Session | undefined,
    catchingUp = false,
  ): void {
    this.#stream = stream;
    this.#catchingUp = catchingUp;
    this.#clockAheadMs = session?.clockAheadMs ?? 0;
    this.#samples = [];
    this.#heartbeats = 0;
  }

  /** The source's files and sizes, where the account may see them. */
  sourceFiles(files: SourceFile[]): void {
    this.#files = files;
  }

  /** Bytes of the source from the store's end on, and of all its files. */
  #behind(file: string, position: number): { behind: number; total: number } | undefined {
    const index = this.#files.findIndex(({ name }) => name === file);
    if (index < 0) return undefined;
    const sum = (files: SourceFile[]): number => files.reduce((all, { size }) => all + size, 0);
    const behind = Math.max(0, sum(this.#files.slice(index)) - position);
    return { behind, total: sum(this.#files) };
  }

  /** How far a semi-sync dump is on disk and acknowledged. */
  #semiSync(stream: DumpStream, durable: number): string[] {
    if (this.#catchingUp) return ["catching up, not acknowledging"];
    if (!stream.state.semiSync) return [];
    const { acked } = stream;
    return [`durable ${durable}`, `acked ${acked ? `${acked.file}:${acked.position}` : "nothing"}`];
  }

  /** By the source's clock: how old the newest event is, and 0 once we have all there is. */
  #secondsBehind(stream: DumpStream): number {
    const { state } = stream;
    const quiet = stream.idleMs > IDLE_MS;
    if (state.heartbeats > this.#heartbeats) {
      this.#heartbeats = state.heartbeats;
      this.#eventsThen = state.events;
    }
    // A heartbeat ends the silence, and means that there is nothing else to send.
    if (quiet || (this.#heartbeats > 0 && state.events === this.#eventsThen)) return 0;
    return Math.max(0, (Date.now() + this.#clockAheadMs) / 1000 - state.timestamp);
  }

  /** The line as it is now. */
  render(): string {
    const stream = this.#stream;
    const position = this.store?.end.position();
    if (!stream) return "connecting …";
    const { state } = stream;
    const now = performance.now();
    this.#samples.push({ time: now, bytes: state.receivedBytes, events: state.events });
    while (this.#samples.length > 2 && now - this.#samples[0]!.time > WINDOW_MS) {
      this.#samples.shift();
    }
    const first = this.#samples[0]!;
    const seconds = Math.max((now - first.time) / 1000, 0.001);
    const parts = [
      position ? `${position.file}:${position.written}` : "waiting for the first file",
      ...this.#semiSync(stream, position?.durable ?? 0),
      formatBytes(state.receivedBytes),
      `${formatBytes((state.receivedBytes - first.bytes) / seconds)}/s`,
      `${formatCount((state.events - first.events) / seconds)} events/s`,
    ];
    if (state.timestamp > 0) parts.push(`${formatSeconds(this.#secondsBehind(stream))} behind`);
    const known = position && this.#behind(position.file, position.written);
    if (known) parts.push(`${formatBytes(known.behind)} behind`);
    if (known && known.total > 0 && !this.#forever) {
      parts.push(`${(100 - 100 * known.behind / known.total).toFixed(1)} %`);
    }
    return parts.join("  ");
  }
}
