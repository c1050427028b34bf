import { BinlogdError, BytesDifferError, FormatError, StoreIoError } from "../errors.ts";
import { pause } from "../pause.ts";
import { tellHoles } from "../store/tell_holes.ts";
import { AskAgain } from "./ask_again.ts";
import { Backoff } from "./backoff.ts";
import { checkGtidFlavour } from "./check_gtid_flavour.ts";
import { CatchUp } from "./catch_up.ts";
import { connectSource } from "./connect.ts";
import { chooseRequest, type DumpRequest, sendRequest } from "./dump_request.ts";
import type { DumpOptions, DumpSummary } from "./dump_options.ts";
import { DumpStream } from "./dump_stream.ts";
import { decide, explain } from "./error_policy.ts";
import { EndOfSource } from "./end_of_source.ts";
import { findSourceFile } from "./find_file.ts";
import { isAboutStore } from "./is_about_store.ts";
import { SourceMonitor } from "./monitor.ts";
import { SemiSyncWatch } from "./semi_sync_watch.ts";
import { OwnServerId } from "./own_server_id.ts";
import { type Session, setUpSession } from "./session_setup.ts";
import type { SourceConnection } from "./source_connection.ts";
import { StateRecorder } from "./state_recorder.ts";
import { sourceAddress } from "./source_options.ts";
import { WayOn } from "./way_on.ts";

/** Times that damage is seen at one place before it is taken for the source's. */
const DAMAGE_TRIES = 3;
/** First pause after an error that only somebody else can mend. */
const WAIT_FIRST_MS = 5000;
/** A stream that went on for so long was no lull between two such errors. */
const MENDED_MS = 60_000;

/** Source to files: connects, dumps, resumes, connects again. */
export class Dump {
  readonly #options: DumpOptions;
  readonly #retry: Backoff;
  readonly #wait = new Backoff({ firstMs: WAIT_FIRST_MS, maxMs: 300_000 });
  readonly #summary: DumpSummary = {
    outcome: "closed",
    connections: 0,
    events: 0,
    receivedBytes: 0,
    syncs: 0,
    acks: 0,
  };
  /** What has worked once in this run, and how far the connection under way has come. */
  readonly #worked = { login: false, dump: false };
  #phase: "login" | "dump" = "login";
  /** From where on the newest file may differ from what the store knows of it. */
  #hint: { file: string; from: number } | undefined;
  #fresh = true;
  readonly #wayOn: WayOn;
  readonly #endOfSource: EndOfSource;
  readonly #catchUp: CatchUp;
  readonly #serverId: OwnServerId;
  readonly #semiSyncWatch: SemiSyncWatch;
  #damage = { where: "", count: 0 };

  constructor(options: DumpOptions) {
    this.#options = options;
    // Commits on a source that is back wait for us while we pause.
    this.#retry = new Backoff(options.semiSync === "off" ? {} : { maxMs: 1000 });
    this.#semiSyncWatch = new SemiSyncWatch(options.log);
    const { follow, semiSync, semiSyncJoin, log, store } = options;
    this.#catchUp = new CatchUp(follow && semiSync !== "off", semiSyncJoin, log);
    this.#wayOn = new WayOn(options);
    this.#endOfSource = new EndOfSource(options);
    this.#serverId = new OwnServerId(store.identity.serverId, log);
  }

  /**
   * Runs until the end, the stop condition, or `signal`.
   * @throws the error that could not be mended by trying again.
   */
  async run(signal: AbortSignal): Promise<DumpSummary> {
    const { log, follow, retryLimit } = this.#options;
    tellHoles(this.#options.store.identity.holes, log);
    while (!signal.aborted) {
      try {
        const outcome = await this.#connection(signal);
        if (outcome === "ended" && this.#catchUp.active) {
          this.#catchUp.reachedEnd();
          continue;
        }
        if (outcome !== "ended" || !follow) {
          this.#summary.outcome = outcome;
          return this.#summary;
        }
        log.info("the source ended the stream; connecting again");
      } catch (error) {
        if (signal.aborted && !isAboutStore(error)) break;
        if (error instanceof AskAgain) {
          log.info(error.message);
          continue;
        }
        const decision = signal.aborted ? "stop" : this.#decide(error);
        const tries = Math.max(this.#retry.tries, this.#wait.tries);
        if (decision === "stop" || tries >= retryLimit) throw error;
        const ms = decision === "wait" ? this.#wait.next() : this.#retry.next();
        log.warning(this.#trouble(error), {
          error: (error as Error).message,
          hint: error instanceof BinlogdError ? error.details.hint : undefined,
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

  /** What a try that failed is logged as. */
  #trouble(error: unknown): string {
    if (error instanceof StoreIoError) return "the store can't be used, trying again";
    if (!this.#worked.login) return "no connection, trying again";
    return "connection lost, trying again";
  }

  #decide(error: unknown): "stop" | "retry" | "wait" {
    if (error instanceof FormatError || error instanceof BytesDifferError) {
      // The link may have done it: what the source has is asked for again before it is believed.
      const where = `${error.details.file}:${error.details.position}`;
      const count = this.#damage.where === where ? this.#damage.count + 1 : 1;
      this.#damage = { where, count };
      return count < DAMAGE_TRIES ? "retry" : "stop";
    }
    if (error instanceof StoreIoError) {
      this.#hint = undefined;
      return this.#options.follow ? "wait" : "stop";
    }
    return decide(error, this.#worked[this.#phase]);
  }

  /** One connection from login to its end. */
  async #connection(signal: AbortSignal): Promise<DumpSummary["outcome"]> {
    const { store, source, log } = this.#options;
    if (!this.#fresh) await store.recover(this.#hint);
    this.#catchUp.connecting();
    this.#phase = "login";
    const startFile = await this.#startFile(signal);
    await this.#options.beforeRequest?.(signal);
    const connection = await connectSource(source, log, signal);
    const onAbort = (): void => connection.close();
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    let session: Session | undefined;
    try {
      const { stopGtid } = this.#options;
      if (stopGtid !== undefined) checkGtidFlavour("stop-gtid", stopGtid, connection.flavour);
      session = await this.#session(connection);
      const request = chooseRequest({
        store,
        session,
        ...(startFile ? { startFile } : {}),
        ...this.#wayOn.request,
      });
      await sendRequest(connection, request);
      return await this.#stream(connection, session, request, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      const other = await this.#wayOn.after(error, session?.source, startFile, signal);
      throw other ?? explain(error, connection.flavour);
    } finally {
      signal.removeEventListener("abort", onAbort);
      connection.close();
    }
  }

  async #startFile(signal: AbortSignal): Promise<string | undefined> {
    const { store, source, log, heartbeatMs, startFile, startGtid } = this.#options;
    if (store.last || startGtid === undefined) return startFile;
    return await findSourceFile({ ...source, heartbeatMs }, log, signal, { gtidSet: startGtid });
  }

  async #session(connection: SourceConnection): Promise<Session> {
    const { store, source, log, heartbeatMs, reportHost } = this.#options;
    const semiSync = this.#catchUp.active ? "off" : this.#options.semiSync;
    const address = sourceAddress(source);
    const session = await setUpSession(connection, {
      serverId: this.#serverId.value,
      uuid: store.identity.uuid,
      heartbeatMs,
      semiSync,
      nonBlocking: this.#catchUp.active || !this.#options.follow,
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
    this.#worked.login = true;
    this.#phase = "dump";
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
    log.info(this.#catchUp.active ? "catching up, not acknowledging" : "dumping", {
      file: request.file || "(the oldest)",
      position: request.position,
      semi_sync: session.semiSync || undefined,
    });
    const last = store.last;
    const { mayLeave } = this.#wayOn;
    const stream = new DumpStream({
      connection,
      file: request.file,
      position: request.position,
      checksum: session.checksum,
      semiSync: session.semiSync,
      heartbeatMs,
      ...(rateLimit ? { rateLimit } : {}),
      ...(mayLeave === undefined ? {} : { mayLeave }),
      ...(stop ? { stop: stop(request) } : {}),
      ...(this.#options.delayAck ? { delayAck: this.#options.delayAck } : {}),
      sink: {
        store,
        resume: last ? { ...last } : undefined,
        sync,
        ...(this.#options.files ? { files: this.#options.files } : {}),
        onProgress: (position) => store.end.update(position),
        onShorter: (file, sourceEnd, ourEnd) =>
          log.warning("the source's file ends before the copy: its recovery cut it", {
            file,
            source_end: sourceEnd,
            copy_end: ourEnd,
          }),
        onFileClosed: (file) => {
          log.info("file complete", { file });
          onFileClosed?.(file);
        },
      },
    });
    store.end.onSyncRequest = () => stream.sink.requestSync();
    this.#options.onStream?.(stream, session, this.#catchUp.active);
    const state = new StateRecorder(store, stream, session);
    const monitor = new SourceMonitor({
      source: this.#options.source,
      log,
      dir: store.dir,
      follow: this.#options.follow,
      position: () => store.end.position(),
      semiSync: session.semiSync ? this.#semiSyncWatch : undefined,
      ...(this.#options.onFiles ? { onFiles: this.#options.onFiles } : {}),
    });
    const began = performance.now();
    let outcome: DumpSummary["outcome"];
    try {
      outcome = await stream.run(signal);
    } finally {
      store.end.onSyncRequest = undefined;
      await monitor.stop();
      this.#account(stream, began, last);
      await state.finish();
      if (stream.unanswered) this.#serverId.unanswered(connection.flavour);
      this.#options.onStream?.(undefined, undefined, this.#catchUp.active);
    }
    if (outcome === "ended" && (!this.#options.follow || stream.sink.comparing)) {
      await this.#endOfSource.check(stream, session, signal);
    }
    return outcome;
  }

  #account(stream: DumpStream, began: number, last: DumpOptions["store"]["last"]): void {
    const { resume, counts } = stream.sink;
    const grown = resume !== undefined &&
      (resume.file !== last?.file || resume.eventEnd > last.eventEnd);
    this.#fresh = false;
    if (stream.state.events > 0) this.#wayOn.begun();
    if (stream.state.events > 0 && !stream.sink.comparing) this.#wayOn.shown();
    this.#catchUp.streamEnded(stream.state.receivedBytes);
    this.#hint = resume && { file: resume.file, from: resume.previousTransactionEnd };
    if (stream.state.events > 0 || stream.state.heartbeats > 0) this.#worked.dump = true;
    // What only shows again what is there may break off at the same place for ever.
    if (grown || (stream.state.heartbeats > 0 && !stream.sink.comparing)) {
      this.#retry.reset();
      if (performance.now() - began > MENDED_MS) this.#wait.reset();
    }
    this.#summary.events += stream.state.events;
    this.#summary.receivedBytes += stream.state.receivedBytes;
    this.#summary.syncs += counts.syncs;
    this.#summary.acks += counts.acks;
  }
}
