import { EVENT_FLAG, EVENT_HEADER_SIZE } from "../binlog/event_header.ts";
import { EVENT_TYPE } from "../binlog/event_type.ts";
import {
  advanceTransaction,
  TRANSACTION_ENDED,
  TRANSACTION_STATE,
} from "../binlog/transaction_tracker.ts";
import { ProtocolError } from "../errors.ts";
import { PACKET_HEADER_SIZE } from "../protocol/packet.ts";
import { type Batch, SPAN_FIRST, SPAN_LAST, SPAN_WORDS } from "./batch.ts";
import {
  EVENT_CLASS,
  EVENT_CLASSES,
  type EventKernel,
  REGISTER,
  REGISTER_COUNT,
} from "./event_kernel.ts";
import { eventOffset } from "./event_offset.ts";
import type { EventParserOptions } from "./event_parser_options.ts";
import { fitsPacket } from "./fits_packet.ts";
import { jsEventKernel } from "./js_event_kernel.ts";
import { openPacket } from "./open_packet.ts";
import { PartialEvent } from "./partial_event.ts";
import { SpecialEvents } from "./special_events.ts";
import { Stage } from "./stage.ts";
import { StopWatch } from "./stop_watch.ts";
import * as errors from "./stream_errors.ts";
import type { StreamState } from "./stream_state.ts";

const { ROTATE_EVENT, STOP_EVENT, FORMAT_DESCRIPTION_EVENT } = EVENT_TYPE;

/**
 * Takes status byte and semi-sync header off, reads event headers, checks sizes, CRCs and
 * positions, follows files and transactions, and moves the bytes to be stored together at the
 * front of the batch. Runs of plain events go through the kernel; what is left comes here.
 *
 * Never stored: artificial events, heartbeats, a format description sent again.
 *
 * @throws {FormatError} for damage, holes and lying lengths, with file and position.
 * @throws {ServerError} for an ERR packet. An EOF packet sets `state.ended`.
 */
export class EventParser extends Stage {
  readonly #state: StreamState;
  readonly #kernel: EventKernel;
  readonly #stop: StopWatch | undefined;
  readonly #registers = new Int32Array(REGISTER_COUNT);
  readonly #special: SpecialEvents;
  /** File position of offset 0 of the current batch, as seen from where its stored bytes end. */
  #base = 0;
  /** Position at the end of what is stored, an unfinished event included. */
  #position = 0;
  #transactionEnd = 0;
  #previousTransactionEnd = 0;
  #partial: PartialEvent | undefined;

  constructor(state: StreamState, options: EventParserOptions) {
    super();
    this.#state = state;
    this.#kernel = options.kernel ?? jsEventKernel;
    this.#stop = options.stop && new StopWatch(options.stop);
    this.#special = new SpecialEvents(state, options);
  }

  override get over(): boolean {
    const { ended, stopped, unclosed } = this.#state;
    return ended || stopped || unclosed !== undefined;
  }

  override pass(batch: Batch): boolean {
    const r = this.#registers;
    r[REGISTER.SPAN] = 0;
    r[REGISTER.SPAN_COUNT] = batch.spanCount;
    r[REGISTER.SKIP] = eventOffset(this.#state.semiSync);
    r[REGISTER.EVENTS] = r[REGISTER.TRANSACTIONS] = r[REGISTER.TIMESTAMP] = 0;
    batch.outStart = batch.outEnd = batch.spans[0]!;
    this.#base = this.#position - batch.outStart;
    while (r[REGISTER.SPAN]! < batch.spanCount && !this.#state.stopped && !this.#state.unclosed) {
      if (this.#fast()) this.#runKernel(batch);
      if (r[REGISTER.SPAN]! < batch.spanCount) this.#span(batch, r[REGISTER.SPAN]!++);
    }
    this.#position = this.#base + batch.outEnd;
    batch.events = r[REGISTER.EVENTS]!;
    batch.transactions = r[REGISTER.TRANSACTIONS]!;
    batch.timestamp = r[REGISTER.TIMESTAMP]! >>> 0;
    batch.eventEnd = this.#partial?.position ?? this.#position;
    batch.transactionEnd = this.#transactionEnd;
    batch.previousTransactionEnd = this.#previousTransactionEnd;
    this.#state.events += batch.events;
    if (batch.timestamp) this.#state.timestamp = batch.timestamp;
    return true;
  }

  override end(): void {
    const { file } = this.#state;
    if (this.#partial) {
      throw errors.cutEventError(file, this.#partial.position, this.#partial.missing);
    }
  }

  #fast(): boolean {
    return !this.#partial && !this.#special.awaitsFormat && !this.#state.ended &&
      !this.#stop?.watches(this.#state.file);
  }

  #runKernel(batch: Batch): void {
    const r = this.#registers;
    r[REGISTER.OUT] = batch.outEnd;
    r[REGISTER.POSITION] = (this.#base + batch.outEnd) % 2 ** 32;
    r[REGISTER.CHECKSUM] = this.#special.checksumSize;
    r[REGISTER.BOUNDARY] =
      r[REGISTER.PREVIOUS_BOUNDARY] =
      r[REGISTER.ACK] =
      r[REGISTER.DAMAGED] =
        -1;
    this.#kernel.walk(batch, r);
    batch.outEnd = r[REGISTER.OUT]!;
    const damaged = r[REGISTER.DAMAGED]!;
    const at = this.#base + damaged;
    if (damaged >= 0) throw errors.damageError(this.#state.file, at, batch.bytes.subarray(damaged));
    const boundary = r[REGISTER.BOUNDARY]!;
    if (boundary >= 0) {
      const previous = r[REGISTER.PREVIOUS_BOUNDARY]!;
      if (previous >= 0) this.#transactionEnd = this.#base + previous;
      this.#endTransaction(this.#base + boundary);
    }
    const ack = r[REGISTER.ACK]!;
    if (ack >= 0) batch.ack = { file: this.#state.file, position: this.#base + ack };
  }

  #endTransaction(position: number): void {
    this.#previousTransactionEnd = this.#transactionEnd;
    this.#transactionEnd = position;
  }

  /** A span that the kernel left: anything but a plain, whole, flawless event. */
  #span(batch: Batch, index: number): void {
    const word = index * SPAN_WORDS;
    const offset = batch.spans[word]!;
    const size = batch.spans[word + 1]!;
    const flags = batch.spans[word + 2]!;
    if (!(flags & SPAN_FIRST)) {
      this.#continueEvent(batch, offset, size, (flags & SPAN_LAST) !== 0);
      return;
    }
    if (this.#state.ended) {
      throw new ProtocolError("Cannot read packet: one follows the EOF packet");
    }
    const skip = this.#registers[REGISTER.SKIP]!;
    const packet = { file: this.#state.file, position: this.#base + batch.outEnd, skip };
    if (!openPacket(batch.bytes, offset, size, packet)) {
      return this.#state.end(this.#registers[REGISTER.STATE] !== TRANSACTION_STATE.OUTSIDE);
    }
    const ack = skip > 1 && (batch.bytes[offset + 2]! & 1) === 1;
    this.#event(batch, offset + skip, size - skip, (flags & SPAN_LAST) !== 0, ack);
  }

  /** An event whose first `available` bytes are at `offset`; all of it when `whole`. */
  #event(batch: Batch, offset: number, available: number, whole: boolean, ack: boolean): void {
    const { bytes, view } = batch;
    const position = this.#base + batch.outEnd;
    const size = available >= EVENT_HEADER_SIZE ? view.getUint32(offset + 9, true) : 0;
    const skip = this.#registers[REGISTER.SKIP]!;
    // The packet's header is still there before its payload, whose length it says.
    const room = (view.getUint32(offset - skip - PACKET_HEADER_SIZE, true) & 0xff_ffff) - skip;
    if (size < EVENT_HEADER_SIZE || !fitsPacket(size, room, skip)) {
      throw errors.sizeError(this.#state.file, position, room, size);
    }
    const type = bytes[offset + 4]!;
    const artificial = (bytes[offset + 17]! & EVENT_FLAG.LOG_EVENT_ARTIFICIAL_F) !== 0;
    if (artificial || EVENT_CLASSES[type] === EVENT_CLASS.SPECIAL) {
      if (!whole) throw errors.tooLargeError(this.#state.file, position, type, size);
      if (!this.#specialEvent(batch, offset, size, artificial)) {
        if (ack) batch.ack = { file: this.#state.file, position: this.#base + batch.outEnd };
        return;
      }
    }
    this.#store(batch, offset, available, size, ack);
  }

  /** Handles a special event; false when it is not to be stored. */
  #specialEvent(batch: Batch, offset: number, size: number, artificial: boolean): boolean {
    const type = batch.bytes[offset + 4]!;
    const position = this.#base + batch.outEnd;
    const event = batch.bytes.subarray(offset, offset + size);
    if (artificial && type !== ROTATE_EVENT) {
      this.#special.checkArtificial(event, position);
      return false;
    }
    if (type === ROTATE_EVENT && artificial) {
      const begun = this.#special.artificialRotate(event, position);
      if (begun) this.#beginFile(batch, begun.file, begun.position);
      return false;
    }
    if (type === FORMAT_DESCRIPTION_EVENT) {
      const body = this.#special.formatDescription(event, position);
      if (body) batch.marks.push({ kind: "format", at: batch.outEnd, body });
      return body === undefined;
    }
    if (type === EVENT_TYPE.HEARTBEAT_LOG_EVENT || type === EVENT_TYPE.HEARTBEAT_LOG_EVENT_V2) {
      this.#special.heartbeat(event, position);
      return false;
    }
    return true;
  }

  #beginFile(batch: Batch, file: string, position: number): void {
    if (this.#stop?.beyond(file)) {
      this.#stopAt(batch, this.#base + batch.outEnd);
      return;
    }
    batch.marks.push({ kind: "file", at: batch.outEnd, file, position });
    this.#base = position - batch.outEnd;
    this.#transactionEnd = this.#previousTransactionEnd = position;
    this.#stop?.beginFile(position);
    this.#registers[REGISTER.STATE] = TRANSACTION_STATE.OUTSIDE;
  }

  #stopAt(batch: Batch, position: number): void {
    this.#state.stopped = true;
    batch.marks.push({ kind: "stop", at: batch.outEnd, position });
  }

  /** Checks an event of the file and moves it, or what is there of it, to the bytes to store. */
  #store(batch: Batch, offset: number, available: number, size: number, ack: boolean): void {
    const { bytes, view } = batch;
    const file = this.#state.file;
    const position = this.#base + batch.outEnd;
    const type = bytes[offset + 4]!;
    if (this.#special.awaitsFormat) throw this.#special.unexpected(type, position);
    const logPos = view.getUint32(offset + 13, true);
    if (logPos !== 0 && logPos !== (position + size) >>> 0) {
      throw errors.holeError(file, position, type, size, logPos);
    }
    const checksum = this.#special.checksumSize;
    if (size < EVENT_HEADER_SIZE + checksum) {
      throw errors.sizeError(file, position, EVENT_HEADER_SIZE + checksum, size);
    }
    const state = this.#registers[REGISTER.STATE]!;
    const stateAfter = advanceTransaction(state, bytes, offset, size - checksum);
    if (this.#stop) {
      const seen = { file, position, size, state, stateAfter, offset, available, checksum };
      const cut = this.#stop.before(bytes, seen);
      if (cut !== undefined) return this.#stopAt(batch, cut);
    }
    this.#registers[REGISTER.TIMESTAMP] = view.getInt32(offset, true);
    const isCollected = available < size && (this.#stop?.collects(file, type) ?? false);
    const head = { type, position, size, checksum, stateAfter, ackRequested: ack, isCollected };
    this.#partial = new PartialEvent(head);
    this.#continueEvent(batch, offset, available, available === size);
  }

  /** Takes `size` more bytes of the event under way; `last` when its packet ends with them. */
  #continueEvent(batch: Batch, offset: number, size: number, last: boolean): void {
    const partial = this.#partial;
    if (!partial || size > partial.missing || (last && size !== partial.missing)) {
      const position = partial?.position ?? this.#base + batch.outEnd;
      const told = partial?.size ?? 0;
      throw errors.sizeError(
        this.#state.file,
        position,
        told - (partial?.missing ?? 0) + size,
        told,
      );
    }
    partial.take(batch.bytes.subarray(offset, offset + size));
    this.#base -= batch.put(offset, size);
    if (!last) return;
    const { computed, stored } = partial.checksums();
    if (computed !== stored) {
      throw errors.checksumError(
        this.#state.file,
        partial.position,
        partial.type,
        computed,
        stored,
      );
    }
    this.#partial = undefined;
    this.#finishEvent(batch, partial);
  }

  #finishEvent(batch: Batch, partial: PartialEvent): void {
    const r = this.#registers;
    r[REGISTER.EVENTS]!++;
    r[REGISTER.STATE] = partial.stateAfter & ~TRANSACTION_ENDED;
    const position = this.#base + batch.outEnd;
    if (partial.ackRequested) batch.ack = { file: this.#state.file, position };
    if (partial.collected) this.#stop?.collected(partial.collected);
    if (partial.stateAfter & TRANSACTION_ENDED) {
      r[REGISTER.TRANSACTIONS]!++;
      this.#endTransaction(position);
      if (this.#stop?.after(this.#state.file, position)) this.#stopAt(batch, position);
    }
    if (partial.type === ROTATE_EVENT || partial.type === STOP_EVENT) {
      const event = batch.bytes.subarray(batch.outEnd - partial.size, batch.outEnd);
      const nextFile = this.#special.closed(event);
      batch.marks.push({ kind: "closed", at: batch.outEnd, ...(nextFile ? { nextFile } : {}) });
    }
  }
}
