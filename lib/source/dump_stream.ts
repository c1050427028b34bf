import { ConnectionError, DivergenceError, ProtocolError } from "../errors.ts";
import { EventParser } from "../pipeline/event_parser.ts";
import { BatchPool } from "../pipeline/batch_pool.ts";
import { FileSink } from "../pipeline/file_sink.ts";
import type { AckRequest } from "../pipeline/batch.ts";
import type { FileSinkOptions } from "../pipeline/file_sink_options.ts";
import { PacketDeframer } from "../pipeline/packet_deframer.ts";
import { SemiSyncAckTap } from "../pipeline/semi_sync_ack_tap.ts";
import { socketSource } from "../pipeline/socket_source.ts";
import type { StopCondition } from "../pipeline/stop_condition.ts";
import { StreamState } from "../pipeline/stream_state.ts";
import { makeWasmEventKernel } from "../pipeline/wasm_event_kernel.ts";
import { writeAll } from "../protocol/byte_stream.ts";
import { encodePacket } from "../protocol/packet.ts";
import { encodeSemiSyncAck } from "../protocol/semi_sync.ts";
import type { DumpOptions } from "./dump_options.ts";
import { IdleClock } from "./idle_clock.ts";
import { silenceLimit } from "./silence_limit.ts";
import { isAboutStore } from "./is_about_store.ts";
import type { SourceConnection } from "./source_connection.ts";

/** Settings of {@link DumpStream}. */
export interface DumpStreamOptions {
  connection: SourceConnection;
  /** File and position of the request that was sent. */
  file: string;
  position: number;
  checksum: boolean;
  semiSync: boolean;
  heartbeatMs: number;
  rateLimit?: number;
  stop?: StopCondition;
  /** See EventParserOptions. */
  mayLeave?: string;
  /** See DumpOptions. */
  delayAck?: DumpOptions["delayAck"];
  sink: Omit<FileSinkOptions, "acknowledge">;
}

/** How a stream ended when it did not fail. */
export type StreamOutcome = "ended" | "stopped" | "closed";

/** The source's binlog ends before everything that the store holds was shown again. */
export class SourceShorterError extends DivergenceError {
  override name = "SourceShorterError";
}

/** The pipeline of one connection, from socket to disk; see {@link run}. */
export class DumpStream {
  readonly state: StreamState;
  readonly sink: FileSink;
  readonly #options: DumpStreamOptions;
  readonly #tap: SemiSyncAckTap;
  readonly #idle = new IdleClock();
  /** Why the connection was given up here. */
  #dead: unknown;

  constructor(options: DumpStreamOptions) {
    this.#options = options;
    this.state = new StreamState(options.semiSync);
    const { stream } = options.connection.info;
    const { file, position } = options;
    this.#tap = new SemiSyncAckTap(async (ack) => {
      try {
        await writeAll(stream, encodePacket(encodeSemiSyncAck(ack), 0));
      } catch (cause) {
        throw new ConnectionError("Cannot send an ACK to the source", { cause });
      }
    }, options.semiSync && options.file !== "" ? { file, position } : undefined);
    const send = (ack: AckRequest): Promise<void> => this.#tap.durable(ack);
    const { delayAck } = options;
    const acknowledge = async (ack: AckRequest): Promise<void> => {
      try {
        await (delayAck ? delayAck(ack, send) : send(ack));
      } catch (error) {
        this.fail(error);
        throw error;
      }
    };
    const mayBeCut = options.stop !== undefined;
    this.sink = new FileSink({ ...options.sink, mayBeCut, acknowledge });
  }

  /** Newest position the source was told is on disk. */
  get acked(): { file: string; position: number } | undefined {
    return this.#tap.acked;
  }

  /** Whether the connection was given up without a byte in answer to the request. */
  get unanswered(): boolean {
    return this.#dead instanceof ConnectionError && this.state.receivedBytes === 0;
  }

  /** Milliseconds that the stream has been waiting for the source to send something, or a little less. */
  get idleMs(): number {
    return this.#idle.look();
  }

  /** Gives the connection up; what was written is synced, and {@link run} throws `error`. */
  fail(error: unknown): void {
    this.#dead ??= error;
    this.#options.connection.close();
  }

  /**
   * Runs until the source ends the stream, the stop condition is met, `signal` is aborted, or
   * something fails. Whatever happened, what was written is synced and the file closed.
   */
  async run(signal: AbortSignal): Promise<StreamOutcome> {
    const { connection, rateLimit, stop, mayLeave, file, position, checksum } = this.#options;
    const { stream, buffered } = connection.handover();
    const socket = {
      read: (buffer: Uint8Array): Promise<number | null> => {
        this.#idle.begin();
        return stream.read(buffer);
      },
    };
    const onRead = (): void => this.#idle.end();
    const compressed = connection.info.compression !== "uncompressed";
    const kernel = makeWasmEventKernel();
    const pool = new BatchPool(kernel.allocate);
    const parser = new EventParser(this.state, {
      kernel,
      file,
      position,
      checksum,
      ...(stop ? { stop } : {}),
      ...(mayLeave === undefined ? {} : { mayLeave }),
    });
    const onAbort = (): void => connection.close();
    signal.addEventListener("abort", onAbort, { once: true });
    const watchdog = setInterval(() => this.#watch(), 1000);
    try {
      await socketSource(socket, pool, {
        buffered,
        onRead,
        ...(rateLimit ? { rateLimit } : {}),
      })
        .pipeThrough(new PacketDeframer(this.state, { checkSequence: !compressed, kernel }))
        .pipeThrough(parser)
        .pipeThrough(this.#tap)
        .pipeTo(this.sink);
    } catch (error) {
      // A disk that fails at the very end is no good end, nor are other bytes than the store's.
      const { failure } = this.sink;
      if (isAboutStore(failure)) throw failure;
      if (this.state.unclosed) throw this.state.unclosed;
      if (this.state.stopped) return "stopped";
      if (this.state.ended) return "ended";
      if (signal.aborted) return "closed";
      throw this.#dead ?? error;
    } finally {
      clearInterval(watchdog);
      signal.removeEventListener("abort", onAbort);
      connection.close();
    }
    if (this.state.unclosed) throw this.state.unclosed;
    if (this.state.stopped) return "stopped";
    if (this.state.ended) return "ended";
    if (signal.aborted) return "closed";
    throw this.#dead ?? this.#closedByPeer();
  }

  #closedByPeer(): Error {
    if (this.state.file === "") {
      return new ProtocolError("The source closed the connection before its first event");
    }
    return new ConnectionError("The source closed the connection");
  }

  /** Closes a connection on which nothing comes although heartbeats must. */
  #watch(): void {
    // A heartbeat comes at the end of the source's binlog only.
    if (this.state.heartbeats > 0 && this.sink.comparing) {
      this.fail(new SourceShorterError("The source's binlog ends before the store does"));
    }
    const limit = silenceLimit(this.#options.heartbeatMs);
    if (this.#idle.look() < limit) return;
    this.fail(
      new ConnectionError(`Nothing came from the source for ${Math.round(limit / 1000)} s`, {
        expected: `a heartbeat every ${this.#options.heartbeatMs / 1000} s`,
        hint: "the link or the source is gone; the dump connects again",
      }),
    );
  }
}
