import { EVENT_HEADER_SIZE, HEADER_OFFSET } from "../binlog/event_header.ts";
import { ProtocolError } from "../errors.ts";
import { type Batch, HEAD_SIZE, SPAN_FIRST, SPAN_LAST, SPAN_WORDS } from "./batch.ts";
import { type EventKernel, FRAME_REGISTER, FRAME_REGISTER_COUNT } from "./event_kernel.ts";
import { eventOffset } from "./event_offset.ts";
import { fitsPacket } from "./fits_packet.ts";
import { Stage } from "./stage.ts";
import type { StreamState } from "./stream_state.ts";

const HEADER_SIZE = 4;
const CHUNK_MAX = 0xff_ffff;
const SEMI_SYNC_MAGIC = 0xef;

/** Length of the payload behind the packet header at `at`. */
function packetLength(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
}

/** Settings of {@link PacketDeframer}. */
export interface PacketDeframerOptions {
  /** Sequence id the first packet must have: 1, the answer to the dump command. */
  sequence?: number;
  /** False under protocol compression, where servers reset inner sequence ids in their own ways. */
  checkSequence?: boolean;
  kernel?: EventKernel;
}

/**
 * Takes the 4-byte packet headers off (u24 length, u8 sequence id) by writing a table of payload
 * spans; moves no byte. A packet of 0xffffff bytes goes on in the next one. The first
 * min(length, HEAD_SIZE) bytes of a packet always reach the next stage together: what a batch holds
 * of an unfinished head waits for the next batch, unless the event in it is of another size than the
 * packet: the rest may never come, and what does would be taken for it. Such a head goes on as it
 * is, for the parser to refuse. The 4 bytes before a packet's first span are its header.
 *
 * Sequence ids go up by one a packet and begin again at 1 after a packet that asks for a semi-sync
 * ACK (plugin/semisync: the source resets its counter before it waits).
 *
 * @throws {ProtocolError} for a wrong sequence id, an empty packet, or an end inside a packet.
 */
export class PacketDeframer extends Stage {
  readonly #state: StreamState;
  readonly #checkSequence: boolean;
  /** Head of a packet that was not complete in the last batch, header included. */
  readonly #kept = new Uint8Array(HEAD_SIZE);
  #keptSize = 0;
  #sequence: number;
  /** Payload bytes of the current packet not seen yet. */
  #left = 0;
  /** The current packet had 0xffffff bytes, so another follows that belongs to it. */
  #continues = false;
  #firstPacket = true;
  /** The current packet asked for an ACK, so the packet after it has sequence id 1. */
  #ackRequested = false;
  readonly #kernel: EventKernel | undefined;
  readonly #registers = new Int32Array(FRAME_REGISTER_COUNT);

  constructor(state: StreamState, options: PacketDeframerOptions = {}) {
    super();
    this.#state = state;
    this.#sequence = options.sequence ?? 1;
    this.#checkSequence = options.checkSequence ?? true;
    this.#kernel = options.kernel?.frame ? options.kernel : undefined;
  }

  override pass(batch: Batch): boolean {
    this.#state.receivedBytes += batch.end - batch.start;
    this.#restore(batch);
    this.#walk(batch);
    if (batch.spanCount > 0) return true;
    batch.release();
    return false;
  }

  override end(): void {
    if (this.#keptSize > 0 || this.#left > 0 || this.#continues) {
      const missing = this.#left > 0 ? `${this.#left} bytes missing` : "its header is cut";
      throw new ProtocolError(`Cannot read packet: the connection ended inside it, ${missing}`);
    }
  }

  /** Puts what the last batch left in front of this one. */
  #restore(batch: Batch): void {
    if (this.#keptSize === 0) return;
    batch.start -= this.#keptSize;
    batch.bytes.set(this.#kept.subarray(0, this.#keptSize), batch.start);
    this.#keptSize = 0;
  }

  #keep(batch: Batch, at: number): void {
    this.#keptSize = batch.end - at;
    this.#kept.set(batch.bytes.subarray(at, batch.end));
  }

  /** Lets the kernel cut what it can; returns the offset where it stopped. */
  #runKernel(batch: Batch, at: number): number {
    const r = this.#registers;
    r[FRAME_REGISTER.AT] = at;
    r[FRAME_REGISTER.END] = batch.end;
    r[FRAME_REGISTER.SPAN_COUNT] = batch.spanCount;
    r[FRAME_REGISTER.SEQUENCE] = this.#sequence;
    r[FRAME_REGISTER.SEMI_SYNC] = this.#state.semiSync ? 1 : 0;
    r[FRAME_REGISTER.CHECK_SEQUENCE] = this.#checkSequence ? 1 : 0;
    this.#kernel!.frame!(batch, r);
    batch.spanCount = r[FRAME_REGISTER.SPAN_COUNT]!;
    this.#sequence = r[FRAME_REGISTER.SEQUENCE]!;
    return r[FRAME_REGISTER.AT]!;
  }

  #walk(batch: Batch): void {
    const { bytes, spans, end } = batch;
    let at = batch.start;
    let word = 0;
    while (at < end) {
      if (this.#kernel && this.#left === 0 && !this.#continues && !this.#firstPacket) {
        batch.spanCount = word / SPAN_WORDS;
        at = this.#runKernel(batch, at);
        word = batch.spanCount * SPAN_WORDS;
        if (at >= end) break;
      }
      if (this.#left > 0) {
        const size = Math.min(this.#left, end - at);
        this.#left -= size;
        spans[word] = at;
        spans[word + 1] = size;
        spans[word + 2] = this.#left === 0 && !this.#continues ? SPAN_LAST : 0;
        word += SPAN_WORDS;
        at += size;
        continue;
      }
      if (end - at < HEADER_SIZE) {
        this.#keep(batch, at);
        break;
      }
      const length = packetLength(bytes, at);
      const continuation = this.#continues;
      const head = continuation ? 0 : Math.min(length, HEAD_SIZE - HEADER_SIZE);
      if (end - at - HEADER_SIZE < head && this.#fits(batch, at, length)) {
        this.#keep(batch, at);
        break;
      }
      const wrong = this.#readHeader(bytes, at, length, continuation);
      if (wrong) {
        // Behind a packet that lies about its length there is no header; the parser says where.
        if (this.#lastFits(batch, word)) throw wrong;
        break;
      }
      at += HEADER_SIZE;
      const size = Math.min(length, end - at);
      this.#left = length - size;
      spans[word] = at;
      spans[word + 1] = size;
      spans[word + 2] = (continuation ? 0 : SPAN_FIRST) |
        (this.#left === 0 && !this.#continues ? SPAN_LAST : 0);
      word += SPAN_WORDS;
      at += size;
    }
    batch.spanCount = word / SPAN_WORDS;
  }

  /** Whether the packet at `at` has the size that its event says, as far as that has come. */
  #fits({ bytes, view, end }: Batch, at: number, length: number): boolean {
    const payload = at + HEADER_SIZE;
    const offset = eventOffset(this.#hasSemiSync(bytes, payload, length));
    const head = offset + EVENT_HEADER_SIZE;
    if (end - payload < Math.min(head, length) || bytes[payload] !== 0) return true;
    if (length < head) return false;
    const size = view.getUint32(payload + offset + HEADER_OFFSET.eventSize, true);
    return fitsPacket(size, length - offset, offset);
  }

  /** {@link #fits} for the packet before word `word` of the span table. */
  #lastFits(batch: Batch, word: number): boolean {
    const last = word - SPAN_WORDS;
    // Of a packet that an earlier batch began the parser knows already.
    if (last < 0 || !(batch.spans[last + 2]! & SPAN_FIRST)) return true;
    const at = batch.spans[last]! - HEADER_SIZE;
    return this.#fits(batch, at, packetLength(batch.bytes, at));
  }

  /** Whether the packet with this payload carries the semi-sync header. */
  #hasSemiSync(bytes: Uint8Array, payload: number, length: number): boolean {
    if (!this.#firstPacket) return this.#state.semiSync;
    // The first packet is an artificial rotate, whose timestamp is 0: byte 1 is 0xef only when the
    // semi-sync header is there.
    return this.#state.semiSyncRequested && length > 2 && bytes[payload] === 0 &&
      bytes[payload + 1] === SEMI_SYNC_MAGIC;
  }

  /** Sets what follows from a packet header; returns the error for one that is wrong. */
  #readHeader(
    bytes: Uint8Array,
    at: number,
    length: number,
    continuation: boolean,
  ): ProtocolError | undefined {
    const found = bytes[at + 3]!;
    if (this.#checkSequence && found !== this.#sequence) {
      return new ProtocolError(
        `Cannot read packet: sequence id ${found} where ${this.#sequence} must be`,
        { expected: String(this.#sequence), found: String(found), field: "sequence id" },
      );
    }
    if (length === 0 && !continuation) {
      return new ProtocolError("Cannot read packet: empty payload where an event must be");
    }
    this.#sequence = (found + 1) & 0xff;
    this.#continues = length === CHUNK_MAX;
    if (!continuation) this.#beginPacket(bytes, at + HEADER_SIZE, length);
    if (this.#ackRequested && !this.#continues) this.#sequence = 1;
    return undefined;
  }

  #beginPacket(bytes: Uint8Array, payload: number, length: number): void {
    this.#state.semiSync = this.#hasSemiSync(bytes, payload, length);
    this.#firstPacket = false;
    this.#ackRequested = this.#state.semiSync && length > 2 && bytes[payload] === 0 &&
      (bytes[payload + 2]! & 1) === 1;
  }
}
