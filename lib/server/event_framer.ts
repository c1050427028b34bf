import { moveDown } from "../bytes/move_down.ts";
import {
  CHECKSUM_SIZE,
  EVENT_FLAG,
  EVENT_HEADER_SIZE,
  HEADER_OFFSET,
} from "../binlog/event_header.ts";
import {
  advanceTransaction,
  TRANSACTION_ENDED,
  TRANSACTION_STATE,
} from "../binlog/transaction_tracker.ts";
import { PACKET_HEADER_SIZE } from "../protocol/packet.ts";
import { SEMI_SYNC_ACK_REQUESTED, SEMI_SYNC_MAGIC } from "../protocol/semi_sync.ts";
import { EVENT_ROLE, ROLE_OF_TYPE } from "./event_role.ts";
import { type MariadbClient, TREATMENT } from "./mariadb_client.ts";
import type { TransactionFilter } from "./transaction_filter.ts";

/** Why {@link EventFramer.frame} stopped. */
export const FRAME_STOP = {
  /** The next event is not whole in the input. */
  PARTIAL: 0,
  /** The frames have caught up with the input: write them, then go on. */
  FULL: 1,
  /** A heartbeat has to say what was left out before the next event goes out. */
  SKIPPED: 2,
  /** The filter has something to send before the next event. */
  NOTICE: 3,
  /** No event can begin so. */
  DAMAGED: 4,
} as const;

/** From this size on an event is framed where it is. */
const IN_PLACE = 256 * 1024;
/** Frames in front of it that are moved to it, so that they go out with it. */
const BEFORE_IN_PLACE = 32 * 1024;
const { OUTSIDE } = TRANSACTION_STATE;
const { PLAIN, GTID, ALWAYS, GRAMMAR } = EVENT_ROLE;

/** Settings of {@link EventFramer}. */
export interface EventFramerOptions {
  /** Put the semi-sync header into each packet. */
  semiSync: boolean;
  /** What a client of a MariaDB source can be sent; undefined: everything. */
  client?: MariadbClient | undefined;
  /** Leave events out that are marked @@skip_replication, for MariaDB clients that set it too. */
  skipMarked?: boolean;
  filter?: TransactionFilter | undefined;
}

/**
 * Turns the bytes of a file into packets, in place: frames grow from the beginning of the buffer,
 * the events come from further back in it. Nothing is allocated per event.
 */
export class EventFramer {
  readonly #filter: TransactionFilter | undefined;
  readonly #semiSync: boolean;
  /** What a client of a MariaDB source can be sent. */
  readonly client: MariadbClient | undefined;
  readonly #skipMarked: boolean;
  /** Whether transaction ends have to be known. */
  readonly #track: boolean;
  /** Bytes before each event: packet header, status byte, semi-sync header. */
  readonly headSize: number;
  /** Sequence id of the next packet. */
  sequence = 1;
  /** File position of the next event. */
  position = 0;
  /** Where the frames lie in the buffer. */
  outStart = 0;
  outEnd = 0;
  /** Where the next event begins in the buffer. */
  inStart = 0;
  /** Something was left out since the last event that was framed. */
  skipped = false;
  /** Whether some transaction with a GTID was framed. */
  sentGtid = false;
  /** Events framed. */
  events = 0;
  #checksumSize = 0;
  #state: number = OUTSIDE;
  /** A transaction is being left out. */
  #skipping = false;
  /** Frames up to the last transaction end: out offset, its flag byte, file position, sequence id. */
  endOut = 0;
  endFlag = 0;
  endPosition = 0;
  endSequence = 0;

  constructor(options: EventFramerOptions) {
    this.#filter = options.filter;
    this.#semiSync = options.semiSync;
    this.client = options.client;
    this.#skipMarked = options.skipMarked ?? false;
    this.#track = options.semiSync || options.filter !== undefined;
    this.headSize = PACKET_HEADER_SIZE + (options.semiSync ? 3 : 1);
  }

  /** Whether the stream stands between transactions; known only with a filter or semi-sync. */
  get betweenTransactions(): boolean {
    return this.#state === OUTSIDE;
  }

  /** A new file begins, or the stream begins in the middle of one; `checksum`: its events have one. */
  beginFile(position: number, checksum: boolean): void {
    this.position = position;
    this.#checksumSize = checksum ? CHECKSUM_SIZE : 0;
    if (this.client) this.client.checksum = checksum;
    this.#state = OUTSIDE;
    this.#skipping = false;
  }

  /** Begins a batch: no frames, events from `inStart` on. */
  begin(inStart: number): void {
    this.inStart = inStart;
    this.takeFrames();
  }

  /** The frames were written. */
  takeFrames(): void {
    this.#written = this.sequence;
    this.outStart = this.outEnd = this.endOut = 0;
  }

  /** Sequence id behind the frames that were written. */
  #written = 1;

  /**
   * Frames events up to `inEnd`; returns one of {@link FRAME_STOP}.
   * @throws {SqlError} of the filter; frames that were not written yet have never been.
   */
  frame(buffer: Uint8Array, view: DataView, inEnd: number): number {
    try {
      return this.#frame(buffer, view, inEnd);
    } catch (error) {
      this.sequence = this.#written;
      throw error;
    }
  }

  #frame(buffer: Uint8Array, view: DataView, inEnd: number): number {
    const head = this.headSize;
    let at = this.inStart;
    let out = this.outEnd;
    let stop: number = FRAME_STOP.PARTIAL;
    while (inEnd - at >= EVENT_HEADER_SIZE) {
      const size = view.getUint32(at + HEADER_OFFSET.eventSize, true);
      const logPos = view.getUint32(at + HEADER_OFFSET.logPos, true);
      if (
        size < EVENT_HEADER_SIZE ||
        (logPos !== 0 && logPos !== (this.position + size) >>> 0 &&
          !(buffer[at + HEADER_OFFSET.flags]! & EVENT_FLAG.LOG_EVENT_RELAY_LOG_F))
      ) {
        stop = FRAME_STOP.DAMAGED;
        break;
      }
      if (size > inEnd - at) break;
      if (out + head > at) {
        stop = FRAME_STOP.FULL;
        break;
      }
      const role = ROLE_OF_TYPE[buffer[at + HEADER_OFFSET.eventType]!]!;
      if (role !== PLAIN || this.#skipping || this.#skipMarked) {
        const verdict = this.decide(buffer, at, size, role);
        if (verdict === LEAVE_OUT) {
          at += size;
          this.position += size;
          continue;
        }
        if (verdict !== SEND) {
          stop = verdict;
          break;
        }
      }
      if (this.skipped) {
        stop = FRAME_STOP.SKIPPED;
        break;
      }
      if (size >= IN_PLACE && out - this.outStart < BEFORE_IN_PLACE) {
        // Not worth moving: its header goes right in front of it, and what there is before that.
        const start = at - head - (out - this.outStart);
        buffer.copyWithin(start, this.outStart, out);
        if (this.endOut > 0) {
          this.endOut += start - this.outStart;
          this.endFlag += start - this.outStart;
        }
        this.outStart = start;
        out = at - head;
        stop = FRAME_STOP.FULL;
      }
      this.#head(buffer, out, size);
      if (out + head !== at) moveDown(buffer, view, out + head, at, size);
      if (role !== PLAIN) {
        this.#noteEnd(out, size);
        this.client?.replace(buffer, out + head, size, this.treatment);
      }
      out += head + size;
      at += size;
      this.position += size;
      if (stop === FRAME_STOP.FULL) break;
    }
    this.inStart = at;
    this.outEnd = out;
    return stop;
  }

  /** Role of the event at `at`, for one that does not fit the buffer. */
  roleAt(buffer: Uint8Array, at: number): number {
    return ROLE_OF_TYPE[buffer[at + HEADER_OFFSET.eventType]!]!;
  }

  /** Whether the event is sent: {@link SEND}, {@link LEAVE_OUT}, or a stop. Moves the state on. */
  decide(buffer: Uint8Array, at: number, size: number, role: number): number {
    const filter = this.#filter;
    if (filter) {
      // The stream may be at its end there: the replica must not be sent on into the next file.
      if (role === ALWAYS && filter.notice) return FRAME_STOP.NOTICE;
      if (role === GTID && !this.#decided) {
        if (filter.notice) return FRAME_STOP.NOTICE;
        this.#skipping = filter.skips(buffer, at, size);
      }
    }
    const skipping = this.#skipping && role !== ALWAYS;
    // What is sent may have to wait for a heartbeat first: it is then looked at once more.
    if (!skipping && this.skipped && role !== PLAIN) {
      this.#decided = true;
      return FRAME_STOP.SKIPPED;
    }
    this.#decided = false;
    if (this.#track && (role === GRAMMAR || role === GTID)) {
      const state = advanceTransaction(this.#state, buffer, at, size - this.#checksumSize);
      this.#state = state & ~TRANSACTION_ENDED;
      this.ended = (state & TRANSACTION_ENDED) !== 0;
    } else this.ended = false;
    if (skipping) {
      if (!filter!.endsWithGroup) this.skipped = true;
      else if (this.ended) this.#skipping = false;
      return LEAVE_OUT;
    }
    if (this.#skipMarked && role !== ALWAYS && isMarked(buffer, at)) return LEAVE_OUT;
    if (role === GTID) this.sentGtid = true;
    this.treatment = this.client?.treatment(buffer, at) ?? TREATMENT.AS_IT_IS;
    return this.treatment === TREATMENT.LEFT_OUT ? LEAVE_OUT : SEND;
  }

  #decided = false;
  /** Whether the event that {@link decide} saw last ends a transaction. */
  ended = false;
  /** What becomes of that event for the client. */
  treatment: number = TREATMENT.AS_IT_IS;

  #head(buffer: Uint8Array, out: number, size: number): void {
    const payload = size + this.headSize - PACKET_HEADER_SIZE;
    buffer[out] = payload & 0xff;
    buffer[out + 1] = (payload >>> 8) & 0xff;
    buffer[out + 2] = payload >>> 16;
    buffer[out + 3] = this.sequence;
    this.sequence = (this.sequence + 1) & 0xff;
    buffer[out + 4] = 0;
    if (this.#semiSync) {
      buffer[out + 5] = SEMI_SYNC_MAGIC;
      buffer[out + 6] = 0;
    }
    this.events++;
  }

  #noteEnd(out: number, size: number): void {
    if (!this.ended) return;
    this.endOut = out + this.headSize + size;
    this.endFlag = out + 6;
    this.endPosition = this.position + size;
    this.endSequence = this.sequence;
  }

  /**
   * Asks for an ACK of the last transaction end in the buffer: frames behind it are given up, to be
   * made again, and sequence ids begin at 1 after it (semisync_source.cc, net_clear). False where no
   * transaction ends in the buffer.
   */
  requestAck(buffer: Uint8Array): boolean {
    if (this.endOut === 0) return false;
    buffer[this.endFlag] = SEMI_SYNC_ACK_REQUESTED;
    this.outEnd = this.endOut;
    this.position = this.endPosition;
    this.#state = OUTSIDE;
    this.sequence = 1;
    return true;
  }
}

function isMarked(buffer: Uint8Array, at: number): boolean {
  const flags = buffer[at + HEADER_OFFSET.flags]! | (buffer[at + HEADER_OFFSET.flags + 1]! << 8);
  return (flags & EVENT_FLAG.LOG_EVENT_SKIP_REPLICATION_F) !== 0;
}

/** Verdicts of {@link EventFramer.decide}, beside {@link FRAME_STOP}. */
export const SEND = -1;
/** See {@link SEND}: the event is passed over. */
export const LEAVE_OUT = -2;
