import type { AckRequest, Batch, Mark } from "./batch.ts";
import { PositionChain } from "./position_chain.ts";
import { storeIoError } from "../store/store_io_error.ts";
import { StoreFile } from "./store_file.ts";
import type { FileSinkOptions, ResumePoint, StoreFiles } from "./file_sink_options.ts";
import { heldFileError } from "./stream_errors.ts";
import { SyncLoop } from "./sync_loop.ts";
import { SyncPace } from "./sync_pace.ts";
import { DEFAULT_SYNC_POLICY, type SyncPolicy } from "./sync_policy.ts";

/** An ACK, and the position on the chain that must be durable first. */
type PendingAck = { ack: AckRequest; upTo: number };

/**
 * Appends, rotates, syncs, and says how far everything is durable. Writing never waits for a sync
 * under way, except at the end of a file; one sync covers all that was written before it began, and
 * is followed by one ACK for the newest position that asked.
 */
export class FileSink extends WritableStream<Batch> {
  readonly chain = new PositionChain();
  readonly #options: FileSinkOptions;
  readonly #policy: SyncPolicy;
  readonly #files: StoreFiles;
  #file: StoreFile | undefined;
  /** Chain position of position 0 of the current file. */
  #origin = 0;
  #resume: ResumePoint | undefined;
  #pendingAck: PendingAck | undefined;
  readonly #pace = new SyncPace();
  readonly #loop = new SyncLoop(() => this.#syncOnce(), (error) => this.#syncFailed(error));
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failure: unknown;
  #comparing: boolean;
  /** The current file ends with the source's ROTATE_EVENT or STOP_EVENT. */
  #complete = false;
  #syncs = 0;
  #acks = 0;
  #cut: { file: string; from: number; to: number } | undefined;

  constructor(options: FileSinkOptions) {
    let controller: WritableStreamDefaultController | undefined;
    super({
      start: (own) => void (controller = own),
      write: (batch) => this.#write(batch),
      close: () => this.#finish(),
      // What made the stream fail is reported by whoever made it fail; `failure` says the rest.
      abort: () => this.#finish().catch(() => {}),
    }, { highWaterMark: 1 });
    this.#options = options;
    this.#policy = options.sync ?? DEFAULT_SYNC_POLICY;
    this.#files = options.files ?? StoreFile;
    this.#resume = options.resume;
    this.#comparing = options.resume !== undefined;
    this.#syncFailed = (error) => {
      this.#failure ??= error;
      controller?.error(error);
      this.#closeFile();
    };
  }

  readonly #syncFailed: (error: unknown) => void;

  /** Where to go on; as far as bytes were written, durable or not. */
  get resume(): ResumePoint | undefined {
    return this.#resume;
  }

  /** Whether the store still holds bytes that the source has not shown again. */
  get comparing(): boolean {
    return this.#comparing;
  }

  /** Syncs done and ACKs sent. */
  get counts(): { syncs: number; acks: number } {
    return { syncs: this.#syncs, acks: this.#acks };
  }

  /** What was taken back because a sync failed or a stop condition said so. */
  get cut(): { file: string; from: number; to: number } | undefined {
    return this.#cut;
  }

  /** What went wrong here, if anything did, whatever ended the stream. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Asks for what is written to be made durable soon. */
  requestSync(): void {
    if (this.#file && this.chain.durable < this.chain.written) this.#loop.want();
  }

  async #write(batch: Batch): Promise<void> {
    if (this.#failure) throw this.#failure;
    try {
      let at = batch.outStart;
      for (const mark of batch.marks) {
        this.#append(batch, at, mark.at);
        at = mark.kind === "gap" ? mark.next : mark.at;
        if (mark.kind !== "gap") await this.#mark(mark);
      }
      this.#append(batch, at, batch.outEnd);
      this.#noteEnds(batch);
      if (batch.ack) this.#pendingAck = { ack: batch.ack, upTo: this.#ackPosition(batch.ack) };
      this.#afterWrite();
    } catch (error) {
      this.#failure ??= error;
      await this.#release();
      throw error;
    } finally {
      batch.release();
    }
  }

  #append(batch: Batch, from: number, to: number): void {
    if (to === from) return;
    const file = this.#file!;
    // Bytes that come again are counted where the file was opened.
    const size = to - from - Math.min(to - from, Math.max(0, file.size - file.position));
    this.chain.receive(size);
    file.append(batch.bytes.subarray(from, to));
    this.chain.write(size);
  }

  /** Chain position that an ACK speaks for; one for an earlier file is covered by its end. */
  #ackPosition(ack: AckRequest): number {
    return this.#origin + (this.#file?.name === ack.file ? ack.position : 0);
  }

  #noteEnds(batch: Batch): void {
    if (!this.#file) return;
    const { name, position, size } = this.#file;
    this.#comparing = position < size;
    const nextFile = this.#resume?.file === name ? this.#resume.nextFile : undefined;
    this.#resume = {
      file: name,
      // What the file holds beyond the bytes that came again stays; what was cut is gone.
      eventEnd: position < size ? size : Math.min(batch.eventEnd, size),
      transactionEnd: batch.transactionEnd,
      previousTransactionEnd: batch.previousTransactionEnd,
      ...(nextFile === undefined ? {} : { nextFile }),
    };
  }

  async #mark(mark: Exclude<Mark, { kind: "gap" }>): Promise<void> {
    if (mark.kind === "file") await this.#beginFile(mark.file, mark.position);
    else if (mark.kind === "format") this.#options.store.checkFormat(this.#file!.name, mark.body);
    else if (mark.kind === "stop") this.#cutTo(mark.position);
    else this.#noteClosed(mark.nextFile);
  }

  #noteClosed(nextFile: string | undefined): void {
    this.#complete = true;
    if (!this.#resume || nextFile === undefined) return;
    this.#resume = { ...this.#resume, file: this.#file!.name, nextFile };
  }

  async #beginFile(name: string, position: number): Promise<void> {
    const { store, resume } = { ...this.#options, resume: this.#resume };
    if (this.#file) {
      await this.#endFile();
    } else if (resume?.file === name) {
      this.#file = this.#files.resume(store.dir, name, resume.eventEnd, position);
      // Everything in a store is synced before the source is asked for more.
      this.#file.durable = resume.eventEnd;
      this.#setOrigin(position);
      this.chain.begin(resume.eventEnd - position);
      this.#comparing = position < resume.eventEnd;
      return;
    }
    if (store.has(name)) throw heldFileError(name);
    this.#file = this.#files.create(store.dir, name);
    try {
      await store.append(name);
    } catch (cause) {
      throw storeIoError("add to the index of", `${store.dir}/${name}`, cause);
    }
    this.#setOrigin(position);
    this.#resume = {
      file: name,
      eventEnd: position,
      transactionEnd: position,
      previousTransactionEnd: position,
    };
  }

  #setOrigin(position: number): void {
    this.#origin = this.chain.written - position;
  }

  /** The current file is complete: sync it, close it, tell. */
  async #endFile(): Promise<void> {
    const file = this.#file!;
    await this.#syncAll();
    if (file.position < file.size) this.#options.onShorter?.(file.name, file.position, file.size);
    file.close();
    this.#file = undefined;
    this.#complete = false;
    this.#options.onFileClosed?.(file.name);
  }

  #cutTo(position: number): void {
    const file = this.#file;
    // What an earlier run stored stays, even if this run's stop condition is before it.
    const before = this.#options.resume?.file === file?.name ? this.#options.resume!.eventEnd : 0;
    const from = Math.max(position, before);
    if (!file || from >= file.size) return;
    this.#cut = { file: file.name, from, to: file.size };
    file.truncate(from);
  }

  #afterWrite(): void {
    this.#report();
    if (this.#pendingAck || this.#policy.kind === "always") this.#loop.want();
    else if (this.#policy.kind === "interval" && this.chain.durable < this.chain.written) {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#loop.want();
      }, this.#policy.ms);
    }
  }

  #report(): void {
    const file = this.#file;
    if (!file) return;
    // Bytes not yet compared again were there before, and count as written.
    this.#options.onProgress?.({ file: file.name, written: file.size, durable: file.durable });
  }

  /** Everything written by now is durable, and acknowledged where that was asked for. */
  async #syncAll(): Promise<void> {
    if (this.#failure) throw this.#failure;
    this.#loop.want();
    await this.#loop.idle();
    if (this.#failure) throw this.#failure;
  }

  /** One sync of the current file, then one ACK for the newest position it covers. */
  async #syncOnce(): Promise<void> {
    const file = this.#file;
    if (!file) return;
    const upTo = this.chain.written;
    const pending = this.#pendingAck;
    if (this.chain.durable < upTo) {
      const start = performance.now();
      try {
        const eventEnd = this.#resume?.file === file.name ? this.#resume.eventEnd : 0;
        await file.sync(eventEnd, pending !== undefined && this.#pace.inThread);
      } catch (error) {
        this.#distrust(file);
        throw error;
      }
      this.#pace.took(performance.now() - start);
      this.#syncs++;
      this.chain.sync(upTo);
      this.#report();
    }
    if (!pending) return;
    if (this.#pendingAck === pending) this.#pendingAck = undefined;
    if (!this.#options.acknowledge) return;
    if (pending.upTo > this.chain.durable) throw new Error(`ACK before durable: ${this.chain}`);
    await this.#options.acknowledge(pending.ack);
    this.#acks++;
    this.chain.ack(pending.upTo);
  }

  /**
   * A sync failed, and a second one may succeed without the data being there: nothing since the
   * last good one is trusted. What is cut off is asked for again.
   */
  #distrust(file: StoreFile): void {
    this.#cut = { file: file.name, from: file.durable, to: file.size };
    this.#resume = undefined;
    file.truncate(file.durable);
  }

  /** End of the stream, good or bad: what was written is made durable and the file closed. */
  async #finish(): Promise<void> {
    try {
      await this.#syncAll();
      if (this.#complete && this.#file) await this.#endFile();
    } finally {
      await this.#release();
    }
  }

  async #release(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#loop.idle();
    this.#closeFile();
  }

  #closeFile(): void {
    this.#file?.close();
    this.#file = undefined;
  }
}
