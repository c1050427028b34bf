import { EVENT_HEADER_SIZE, HEADER_OFFSET } from "../binlog/event_header.ts";
import { type BatchBuffer, type BatchBuffers, LARGE_INPUT } from "./batch_buffers.ts";
import type { DummyEvent } from "./dummy_event.ts";
import { type DumpWriter, LargeEventPackets } from "./dump_writer.ts";
import { type EventFramer, FRAME_STOP, LEAVE_OUT, SEND } from "./event_framer.ts";
import { TREATMENT } from "./mariadb_client.ts";

/** Up to this size a read may come from what others have read already. */
const SMALL_READ = 128 * 1024;
/** A read that takes longer is from a disk: those after it don't hold up everything else. */
const SLOW_READ_MS = 1;
const ASYNC_READS = 32;

/** What a batch came to. */
export interface BatchOutcome {
  /** One of FRAME_STOP. */
  stop: number;
  /** Whether anything was sent. */
  sent: boolean;
}

/** Reads one file in large pieces and writes it as packets, one write a piece. */
export class FileBatches {
  readonly #file: Deno.FsFile;
  readonly #framer: EventFramer;
  readonly #buffers: BatchBuffers;
  readonly #catalog: { readonly cuts: number };
  /** Tells one file from another, also where one of the same name came later. */
  readonly #inode: string;
  readonly #writer: DumpWriter;
  readonly #semiSync: boolean;
  readonly #wantAcks: boolean;
  /** So many more reads leave the disk to another thread. */
  #asyncReads = 0;
  readonly #onAckRequested: (() => void) | undefined;

  constructor(file: Deno.FsFile, framer: EventFramer, options: {
    catalog: { readonly cuts: number };
    buffers: BatchBuffers;
    writer: DumpWriter;
    semiSync: boolean;
    wantAcks: boolean;
    onAckRequested?: () => void;
  }) {
    this.#file = file;
    this.#framer = framer;
    const { dev, ino } = file.statSync();
    this.#inode = `${dev}:${ino}`;
    this.#catalog = options.catalog;
    this.#buffers = options.buffers;
    this.#writer = options.writer;
    this.#semiSync = options.semiSync;
    this.#wantAcks = options.semiSync && options.wantAcks;
    this.#onAckRequested = options.onAckRequested;
  }

  /** Sends a batch of events from the framer's position on, none that ends beyond `limit`. */
  async next(limit: number): Promise<BatchOutcome> {
    const framer = this.#framer;
    const left = limit - framer.position;
    const buffer = this.#buffers.take(left);
    try {
      const read = await this.#read(buffer, framer.position, left);
      framer.begin(buffer.gap);
      const inEnd = buffer.gap + read;
      const sentBefore = this.#writer.sent;
      let stop: number = FRAME_STOP.FULL;
      while (stop === FRAME_STOP.FULL) {
        stop = framer.frame(buffer.bytes, buffer.view, inEnd);
        const asked = this.#isAckDue(limit, inEnd, stop) && framer.requestAck(buffer.bytes);
        const { outStart, outEnd } = framer;
        if (outEnd > 0) await this.#writer.write(buffer.bytes.subarray(outStart, outEnd));
        framer.takeFrames();
        if (asked) {
          this.#onAckRequested?.();
          return { stop: FRAME_STOP.PARTIAL, sent: true };
        }
      }
      if (stop === FRAME_STOP.PARTIAL && framer.inStart === buffer.gap) {
        return await this.#large(buffer, read, limit);
      }
      return { stop, sent: this.#writer.sent > sentBefore };
    } finally {
      this.#buffers.give(buffer);
    }
  }

  /**
   * Whether an ACK is asked for: where the frames reach up to what there is, and of frames that are
   * written before the rest of their batch, since nothing that ends a transaction may come after.
   */
  #isAckDue(limit: number, inEnd: number, stop: number): boolean {
    if (!this.#wantAcks) return false;
    if (stop !== FRAME_STOP.PARTIAL) return stop === FRAME_STOP.FULL;
    return this.#framer.position + (inEnd - this.#framer.inStart) >= limit;
  }

  async #read(buffer: BatchBuffer, position: number, want: number): Promise<number> {
    const room = buffer.bytes.length - buffer.gap;
    const target = buffer.bytes.subarray(buffer.gap, buffer.gap + Math.min(room, want));
    const { recent } = this.#buffers;
    const small = target.length < SMALL_READ;
    const key = `${this.#inode}:${this.#catalog.cuts}`;
    if (small && recent.copy(key, position, target)) return target.length;
    this.#file.seekSync(position, Deno.SeekMode.Start);
    let done = 0;
    while (done < target.length) {
      const rest = target.subarray(done);
      const read = small || this.#asyncReads === 0
        ? this.#readNow(rest)
        : await this.#file.read(rest);
      if (this.#asyncReads > 0) this.#asyncReads--;
      if (!read) break;
      done += read;
    }
    if (small) recent.keep(key, position, target.subarray(0, done));
    return done;
  }

  /** Reads at once: what the kernel has in memory is copied faster than another thread is woken. */
  #readNow(target: Uint8Array): number | null {
    const started = performance.now();
    const read = this.#file.readSync(target);
    if (performance.now() - started > SLOW_READ_MS) this.#asyncReads = ASYNC_READS;
    return read;
  }

  /** An event that is larger than the buffer, or not all there. */
  async #large(buffer: BatchBuffer, read: number, limit: number): Promise<BatchOutcome> {
    const framer = this.#framer;
    const at = buffer.gap;
    if (read < EVENT_HEADER_SIZE) return { stop: FRAME_STOP.PARTIAL, sent: false };
    const size = buffer.view.getUint32(at + HEADER_OFFSET.eventSize, true);
    if (framer.position + size > limit) {
      return { stop: FRAME_STOP.PARTIAL, sent: false };
    }
    const verdict = framer.decide(buffer.bytes, at, size, framer.roleAt(buffer.bytes, at));
    if (verdict !== SEND && verdict !== LEAVE_OUT) return { stop: verdict, sent: false };
    if (verdict === SEND && framer.skipped) return { stop: FRAME_STOP.SKIPPED, sent: false };
    const position = framer.position;
    if (verdict === SEND) {
      const ack = this.#wantAcks && framer.ended && position + size === limit;
      const packets = new LargeEventPackets({
        size,
        sequence: framer.sequence,
        semiSync: this.#semiSync,
        ack,
      });
      await this.#writer.write(packets.begin());
      const dummy = framer.treatment === TREATMENT.DUMMY ? framer.client?.dummy(size) : undefined;
      await this.#copy(buffer, position, size, packets, dummy);
      if (ack) this.#onAckRequested?.();
      framer.sequence = ack ? 1 : packets.sequence;
      framer.events++;
    }
    framer.position = position + size;
    return { stop: FRAME_STOP.PARTIAL, sent: verdict === SEND };
  }

  async #copy(
    buffer: BatchBuffer,
    position: number,
    size: number,
    packets: LargeEventPackets,
    dummy: DummyEvent | undefined,
  ): Promise<void> {
    for (let done = 0; done < size;) {
      const read = await this.#read(buffer, position + done, Math.min(size - done, LARGE_INPUT));
      if (read === 0) throw new Error(`the file became shorter at ${position + done}`);
      dummy?.fill(buffer.bytes, buffer.gap, read);
      const bytes = buffer.bytes.subarray(buffer.gap, buffer.gap + read);
      for (const piece of packets.pieces(bytes)) await this.#writer.write(piece);
      done += read;
    }
  }
}
