import { BINLOG_MAGIC } from "../binlog/event_header.ts";
import { versionHasChecksums } from "../binlog/format_description_event.ts";
import { encodePacket } from "../protocol/packet.ts";
import { encodeEof } from "../protocol/response.ts";
import {
  artificialRotate,
  formatDescriptionToSend,
  heartbeatEvent,
  type HeartbeatKind,
} from "./artificial_events.ts";
import type { BatchBuffers } from "./batch_buffers.ts";
import type { BinlogCatalog } from "./binlog_catalog.ts";
import { checkNoHole } from "./check_no_hole.ts";
import type { DumpWriter } from "./dump_writer.ts";
import { EventFramer, FRAME_STOP } from "./event_framer.ts";
import { FileBatches } from "./file_batches.ts";
import type { MariadbClient } from "./mariadb_client.ts";
import { SqlError } from "./sql_error.ts";
import { TailWait } from "./tail_wait.ts";
import type { TransactionFilter } from "./transaction_filter.ts";

/** Settings of {@link BinlogStream}. */
export interface BinlogStreamOptions {
  catalog: BinlogCatalog;
  buffers: BatchBuffers;
  writer: DumpWriter;
  /** server_id of the serving store. */
  serverId: number;
  file: string;
  position: number;
  /** What the client set @source_binlog_checksum to; undefined: nothing. */
  checksum: "CRC32" | "NONE" | undefined;
  heartbeat: HeartbeatKind;
  /** 0: no heartbeats. */
  heartbeatMs: number;
  nonBlocking: boolean;
  /** The start was chosen by GTIDs, and positions mean nothing to the client. */
  byGtid: boolean;
  semiSync: boolean;
  /** ACKs of transaction ends are wanted. */
  wantAcks: boolean;
  /** What a client of a MariaDB source can be sent; undefined: everything. */
  client?: MariadbClient | undefined;
  skipMarked?: boolean;
  filter?: TransactionFilter | undefined;
  /** The client has everything up to here by its own word: nothing had to be sent. */
  onKnown?: (file: string, position: number) => void;
  /** An ACK was asked for. */
  onAckRequested?: () => void;
  /** Aborted when the connection ends. */
  signal: AbortSignal;
}

/** Where a stream is, for SHOW PROCESSLIST and error texts. */
export interface StreamPlace {
  file: string;
  position: number;
  /** Everything there is was sent. */
  atEnd: boolean;
}

/**
 * Files to one replica, as a source sends them (sql/rpl_binlog_sender.cc): for each file an
 * artificial ROTATE, the format description, then the events as they are; heartbeats while there is
 * nothing new.
 */
export class BinlogStream {
  readonly #options: BinlogStreamOptions;
  readonly #framer: EventFramer;
  readonly #wait: TailWait;
  readonly place: StreamPlace;
  #checksum: boolean;

  constructor(options: BinlogStreamOptions) {
    this.#options = options;
    this.#framer = new EventFramer(options);
    this.#wait = new TailWait(options.catalog.news, options.heartbeatMs, options.signal);
    this.place = { file: options.file, position: options.position, atEnd: false };
    this.#checksum = options.checksum === "CRC32";
  }

  /**
   * Runs to the end: of the files, where the client asked for that, or of the connection.
   * @throws {SqlError} 1236 where it can't be gone on.
   */
  async run(): Promise<void> {
    const { file, position } = this.#options;
    try {
      let next: string | undefined = file;
      let start = position;
      while (next !== undefined && !this.#options.signal.aborted) {
        next = await this.#file(next, start);
        start = BINLOG_MAGIC.length;
      }
      if (this.#options.signal.aborted) return;
      await this.#options.writer.write(encodePacket(encodeEof(), this.#framer.sequence));
    } catch (error) {
      // What happens to a stream that has been ended already is no news.
      if (this.#options.signal.aborted) return;
      throw this.#located(error);
    } finally {
      this.#wait.close();
    }
  }

  /** Sequence id for an ERR packet. */
  get sequence(): number {
    return this.#framer.sequence;
  }

  #located(error: unknown): unknown {
    if (!(error instanceof SqlError) || error.code !== 1236) return error;
    const { file, position } = this.#options;
    const { place } = this;
    return new SqlError(
      "MASTER_FATAL_ERROR_READING_BINLOG",
      `${error.message}; the first event '${file}' at ${position}, the last event read from ` +
        `'${place.file}' at ${place.position}, the last byte read from '${place.file}' at ` +
        `${place.position}.`,
    );
  }

  /** Sends one file; returns the name of the next, or undefined at the end of the stream. */
  async #file(file: string, start: number): Promise<string | undefined> {
    const { catalog } = this.#options;
    this.place.file = file;
    this.place.position = start;
    await this.#send(artificialRotate(this.#context(), file, start));
    const formatEnd = await this.#format(file, start);
    if (formatEnd === undefined) return undefined;
    const begin = start > BINLOG_MAGIC.length ? start : formatEnd;
    this.#framer.beginFile(begin, this.#checksum);
    this.place.position = begin;
    using handle = Deno.openSync(catalog.path(file), { read: true });
    const batches = new FileBatches(handle, this.#framer, this.#options);
    let seen = catalog.tail.position();
    let limit = 0;
    for (let more = false;;) {
      // Asked anew only where everything up to the last answer was sent.
      const fresh = !more;
      if (fresh) {
        seen = catalog.tail.position();
        limit = await catalog.limit(file, handle);
      }
      more = await this.#sendUpTo(batches, file, limit);
      if (more || !fresh) continue;
      await this.#closeSkipped(file);
      if (this.#finished || this.#options.signal.aborted) return undefined;
      const next = catalog.next(file);
      if (next !== undefined) {
        if (await catalog.limit(file, handle) > limit) continue;
        if (this.#framer.position < limit) {
          throw damaged(
            "binlog truncated in the middle of event; consider out of disk space on source",
          );
        }
        await checkNoHole(catalog.dir, file, next);
        return next;
      }
      if (this.#options.nonBlocking) return undefined;
      await this.#idle(file, seen);
    }
  }

  #finished = false;

  #context(): { serverId: number; checksum: boolean } {
    return { serverId: this.#options.serverId, checksum: this.#checksum };
  }

  async #send(event: Uint8Array): Promise<void> {
    const { writer, semiSync } = this.#options;
    await writer.event(event, this.#framer.sequence, semiSync);
    this.#framer.sequence = (this.#framer.sequence + 1) & 0xff;
    this.#wait.sent();
  }

  /** Sends the format description of a file; returns where it ends. */
  async #format(file: string, start: number): Promise<number | undefined> {
    const { catalog, checksum, byGtid, filter, signal, nonBlocking } = this.#options;
    let head = catalog.head(file);
    while (!head) {
      const seen = catalog.tail.position();
      head = catalog.head(file);
      if (head) break;
      if (signal.aborted || nonBlocking || catalog.next(file) !== undefined) return undefined;
      await this.#wait.news(seen);
    }
    const hasCrc = versionHasChecksums(head.serverVersion);
    if (head.checksum && checksum === undefined) {
      throw damaged(
        head.mariadb
          ? "Slave can not handle replication events with the checksum that master is configured " +
            "to log"
          : "Replica can not handle replication events with the checksum that source is " +
            "configured to log",
      );
    }
    this.#checksum = head.checksum;
    const middle = start > BINLOG_MAGIC.length;
    const { firstGtid } = head;
    const skipsFirst = byGtid && filter !== undefined && firstGtid !== undefined &&
      (filter.endsWithGroup || filter.skips(firstGtid, 0, firstGtid.length));
    await this.#send(formatDescriptionToSend(head.formatEvent, {
      clearCreated: middle || skipsFirst,
      clearPosition: middle,
      hasCrc,
    }));
    return BINLOG_MAGIC.length + head.formatEvent.length;
  }

  /** Sends whole events up to `limit`; false when no whole event is left there. */
  async #sendUpTo(batches: FileBatches, file: string, limit: number): Promise<boolean> {
    const framer = this.#framer;
    if (framer.position >= limit) return false;
    const before = framer.position;
    const { stop, sent } = await batches.next(limit);
    if (sent) this.#wait.sent();
    this.#options.catalog.shown(file, framer.position);
    this.place.position = framer.position;
    this.place.atEnd = false;
    if (stop === FRAME_STOP.DAMAGED) throw damaged("bogus data in log event");
    if (stop === FRAME_STOP.SKIPPED) await this.#closeSkipped(file);
    else if (stop === FRAME_STOP.NOTICE) await this.#notice();
    else if (this.#wait.heartbeatDue) await this.#heartbeat(file);
    if (this.#finished || this.#options.signal.aborted) return false;
    return framer.position > before || stop !== FRAME_STOP.PARTIAL;
  }

  /** Says that everything up to here was sent or left out. */
  async #closeSkipped(file: string): Promise<void> {
    if (this.#framer.betweenTransactions) await this.#notice();
    if (!this.#framer.skipped) return;
    this.#framer.skipped = false;
    await this.#heartbeat(file);
  }

  async #notice(): Promise<void> {
    const { filter } = this.#options;
    if (!filter?.notice) return;
    const { events, finished } = filter.takeNotice(this.#framer.position, this.#context());
    for (const event of events) await this.#send(event);
    this.#finished = finished;
  }

  #heartbeat(file: string): Promise<void> {
    const { heartbeat } = this.#options;
    return this.#send(heartbeatEvent(this.#context(), heartbeat, file, this.#framer.position));
  }

  async #idle(file: string, seen: ReturnType<BinlogCatalog["tail"]["position"]>): Promise<void> {
    this.place.atEnd = true;
    if (this.#framer.sentGtid === false && this.#options.byGtid) {
      this.#options.onKnown?.(file, this.#framer.position);
    }
    const outcome = await this.#wait.news(seen);
    if (outcome === "heartbeat") await this.#heartbeat(file);
  }
}

function damaged(message: string): SqlError {
  return new SqlError("MASTER_FATAL_ERROR_READING_BINLOG", message);
}
