import { BinlogdError, StoreIoError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { StopCondition } from "../pipeline/stop_condition.ts";
import type { SyncPolicy } from "../pipeline/sync_policy.ts";
import type { Store } from "../store/store.ts";
import { Backoff, pause } from "./backoff.ts";
import { connectSource } from "./connect.ts";
import { chooseRequest, type DumpRequest, sendRequest } from "./dump_request.ts";
import { DumpStream } from "./dump_stream.ts";
import { decide, explain } from "./error_policy.ts";
import type { SemiSyncMode } from "./semi_sync_setup.ts";
import { type Session, setUpSession } from "./session_setup.ts";
import type { SourceConnection } from "./source_connection.ts";
import { sourceAddress, type SourceOptions } from "./source_options.ts";

/** Settings of a dump. */
export interface DumpOptions {
  source: SourceOptions;
  store: Store;
  log: Logger;
  /** Go on for ever, instead of ending where the source's binlog ends. */
  follow: boolean;
  /** First file for an empty store; the oldest of the source by default. */
  startFile?: string;
  stop?: StopCondition;
  semiSync: SemiSyncMode;
  sync: SyncPolicy;
  heartbeatMs: number;
  reportHost: string;
  /** Tries in a row that may fail; for ever by default with `follow`. */
  retryLimit: number;
  rateLimit?: number;
  /** A file is complete and on disk. */
  onFileClosed?: (file: string) => void;
  /** Told of the stream that runs now, for progress; undefined between connections. */
  onStream?: (stream: DumpStream | undefined, session: Session | undefined) => void;
}

/** How a dump went. */
export interface DumpSummary {
  outcome: "ended" | "stopped" | "closed";
  connections: number;
  events: number;
  receivedBytes: number;
  syncs: number;
  acks: number;
}

/** How often the state file is written while data comes. */
const STATE_INTERVAL_MS = 1000;
/** First pause after an error that only somebody else can mend. */
const WAIT_FIRST_MS = 5000;

/** Source to files: connects, dumps, resumes, connects again. */
export class Dump {
  readonly #options: DumpOptions;
  readonly #retry = new Backoff();
  readonly #wait = new Backoff({ firstMs: WAIT_FIRST_MS, maxMs: 300_000 });
  readonly #summary: DumpSummary = {
    outcome: "closed",
    connections: 0,
    events: 0,
    receivedBytes: 0,
    syncs: 0,
    acks: 0,
  };
  #connectedBefore = false;
  /** From where on the newest file may differ from what the store knows of it. */
  #hint: { file: string; from: number } | undefined;
  #fresh = true;

  constructor(options: DumpOptions) {
    this.#options = options;
  }

  /**
   * Runs until the end, the stop condition, or `signal`.
   * @throws the error that could not be mended by trying again.
   */
  async run(signal: AbortSignal): Promise<DumpSummary> {
    const { log, follow, retryLimit } = this.#options;
    while (!signal.aborted) {
      try {
        const outcome = await this.#connection(signal);
        if (outcome !== "ended" || !follow) {
          this.#summary.outcome = outcome;
          return this.#summary;
        }
        log.info("the source ended the stream; connecting again");
      } catch (error) {
        if (signal.aborted) break;
        const decision = this.#decide(error);
        const tries = Math.max(this.#retry.tries, this.#wait.tries);
        if (decision === "stop" || tries >= retryLimit) throw error;
        const ms = decision === "wait" ? this.#wait.next() : this.#retry.next();
        log.warning("connection lost, trying again", {
          error: (error as Error).message,
          pause_ms: Math.round(ms),
          try: tries + 1,
        });
        await pause(ms, signal);
        continue;
      }
      await pause(this.#retry.next(), signal);
    }
    this.#summary.outcome = "closed";
    return this.#summary;
  }

  #decide(error: unknown): "stop" | "retry" | "wait" {
    if (error instanceof StoreIoError) {
      this.#hint = undefined;
      return this.#options.follow ? "wait" : "stop";
    }
    return decide(error, this.#connectedBefore);
  }

  /** One connection from login to its end. */
  async #connection(signal: AbortSignal): Promise<DumpSummary["outcome"]> {
    const { store, source, log } = this.#options;
    if (!this.#fresh) await store.recover(this.#hint);
    const connection = await connectSource(source, log, signal);
    const onAbort = (): void => connection.close();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      const session = await this.#session(connection);
      const request = chooseRequest({
        store,
        session,
        follow: this.#options.follow,
        ...(this.#options.startFile ? { startFile: this.#options.startFile } : {}),
      });
      await sendRequest(connection, request);
      return await this.#stream(connection, session, request, signal);
    } catch (error) {
      if (signal.aborted) return "closed";
      throw explain(error, connection.flavour);
    } finally {
      signal.removeEventListener("abort", onAbort);
      connection.close();
    }
  }

  async #session(connection: SourceConnection): Promise<Session> {
    const { store, source, log, heartbeatMs, semiSync, reportHost } = this.#options;
    const address = sourceAddress(source);
    const session = await setUpSession(connection, {
      serverId: store.identity.serverId,
      uuid: store.identity.uuid,
      heartbeatMs,
      semiSync,
      reportHost,
      address,
      log,
    });
    const { info } = connection;
    log.info("connected", {
      source: address,
      version: info.serverVersion,
      server_id: session.source.serverId,
      server_uuid: session.source.serverUuid,
      tls: info.tls,
      auth: info.authPlugin,
      compression: info.compression === "uncompressed" ? undefined : info.compression,
    });
    this.#connectedBefore = true;
    this.#summary.connections++;
    return session;
  }

  async #stream(
    connection: SourceConnection,
    session: Session,
    request: DumpRequest,
    signal: AbortSignal,
  ): Promise<DumpSummary["outcome"]> {
    const { store, log, sync, heartbeatMs, rateLimit, stop, onFileClosed } = this.#options;
    log.info("dumping", { file: request.file || "(the oldest)", position: request.position });
    const last = store.last;
    const stream = new DumpStream({
      connection,
      file: request.file,
      position: request.position,
      checksum: session.checksum,
      semiSync: session.semiSync,
      heartbeatMs,
      ...(rateLimit ? { rateLimit } : {}),
      ...(stop ? { stop } : {}),
      sink: {
        store,
        resume: last ? { ...last } : undefined,
        sync,
        onProgress: (position) => store.end.update(position),
        onFileClosed: (file) => {
          log.info("file complete", { file });
          onFileClosed?.(file);
        },
      },
    });
    store.end.onSyncRequest = () => stream.sink.requestSync();
    this.#options.onStream?.(stream, session);
    const state = new StateRecorder(store, stream, session, connection);
    try {
      const outcome = await stream.run(signal);
      return outcome;
    } finally {
      store.end.onSyncRequest = undefined;
      this.#account(stream);
      await state.finish();
      this.#options.onStream?.(undefined, undefined);
    }
  }

  #account(stream: DumpStream): void {
    const { resume, counts } = stream.sink;
    this.#fresh = false;
    this.#hint = resume && { file: resume.file, from: resume.previousTransactionEnd };
    if (stream.state.events > 0 || stream.state.heartbeats > 0) {
      this.#retry.reset();
      this.#wait.reset();
    }
    this.#summary.events += stream.state.events;
    this.#summary.receivedBytes += stream.state.receivedBytes;
    this.#summary.syncs += counts.syncs;
    this.#summary.acks += counts.acks;
  }
}

/**
 * Writes the store's state and, once the stream has shown that the source is the right one, its
 * identity: at most once a second and at the end, never in the path of an ACK.
 */
class StateRecorder {
  readonly #store: Store;
  readonly #stream: DumpStream;
  readonly #session: Session;
  readonly #connection: SourceConnection;
  readonly #timer: ReturnType<typeof setInterval>;
  #running: Promise<void> | undefined;
  #recorded = "";
  #identified = false;

  constructor(
    store: Store,
    stream: DumpStream,
    session: Session,
    connection: SourceConnection,
  ) {
    this.#store = store;
    this.#stream = stream;
    this.#session = session;
    this.#connection = connection;
    this.#timer = setInterval(() => this.#tick(), STATE_INTERVAL_MS);
  }

  #tick(): void {
    this.#running ??= this.#record()
      .catch(() => this.#connection.close()) // the next write to the store says what is wrong
      .finally(() => this.#running = undefined);
  }

  async #record(): Promise<void> {
    const position = this.#store.end.position();
    if (!position) return;
    const now = `${position.file}:${position.durable}`;
    if (now !== this.#recorded) {
      await this.#store.recordState(this.#stream.acked);
      this.#recorded = now;
    }
    if (!this.#identified && this.#stream.state.events > 0) {
      this.#identified = true;
      const { identity } = this.#store;
      if (JSON.stringify(identity.source) !== JSON.stringify(this.#session.source)) {
        identity.source = this.#session.source;
        await this.#store.saveIdentity();
      }
    }
  }

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
