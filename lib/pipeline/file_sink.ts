import type { AckRequest, Batch, Mark } from "./batch.ts";
import { BatchSink } from "./batch_sink.ts";
import { FileSyncer } from "./file_syncer.ts";
import { PositionChain } from "./position_chain.ts";
import { storeIoError } from "../store/store_io_error.ts";
import { StoreFile } from "./store_file.ts";
import type { FileSinkOptions, ResumePoint, StoreFiles } from "./file_sink_options.ts";
import { heldFileError } from "./stream_errors.ts";
import { DEFAULT_SYNC_POLICY } from "./sync_policy.ts";

/**
 * Appends, rotates, has it synced, and says how far everything is durable. Writing never waits for a
 * sync under way, except at the end of a file. Whatever ends the stream, what was written is synced,
 * unless it was a sync that failed.
 */
export class FileSink extends BatchSink {
  readonly chain = new PositionChain();
  readonly #options: FileSinkOptions;
  readonly #files: StoreFiles;
  #file: StoreFile | undefined;
  /** Chain position of position 0 of the current file. */
  #origin = 0;
  #resume: ResumePoint | undefined;
  readonly #syncer: FileSyncer;
  #failure: unknown;
  #comparing: boolean;
  /** The current file ends with the source's ROTATE_EVENT or STOP_EVENT. */
  #complete = false;
  /** Nothing more comes into the current file, and no stop condition cuts it any more. */
  #ending = false;
  #cut: { file: string; from: number; to: number } | undefined;

  constructor(options: FileSinkOptions) {
    super();
    this.#options = options;
    this.#files = options.files ?? StoreFile;
    this.#resume = options.resume;
    this.#comparing = options.resume !== undefined;
    this.#syncer = new FileSyncer({
      chain: this.chain,
      policy: options.sync ?? DEFAULT_SYNC_POLICY,
      acknowledge: options.acknowledge,
      target: () => this.#syncTarget(),
      onSynced: () => this.#report(),
      onFailed: (error, file) => {
        this.#failure ??= error;
        this.breakOff(error);
        try {
          if (file) this.#distrust(file);
        } finally {
          this.#closeFile();
        }
      },
    });
  }

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
    return this.#syncer.counts;
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
    this.#syncer.request();
  }

  override async take(batch: Batch): Promise<void> {
    try {
      if (this.#failure) throw this.#failure;
      await this.#store(batch);
    } catch (error) {
      this.#failure ??= error;
      await this.abandon(); // not what ended the stream
      throw this.#failure;
    } finally {
      batch.release();
    }
  }

  /** End of the stream, good or bad: what was written is made durable and the file closed. */
  override async finish(): Promise<void> {
    this.#ending = true;
    try {
      await this.#syncer.all();
      if (this.#complete && this.#file) await this.#endFile();
    } finally {
      await this.#syncer.stop();
      this.#closeFile();
    }
  }

  /** What made the stream fail is reported by whoever made it fail; {@link failure} says the rest. */
  override async abandon(): Promise<void> {
    await this.finish().catch(() => {});
  }

  async #store(batch: Batch): Promise<void> {
    let at = batch.outStart;
    for (const mark of batch.marks) {
      this.#append(batch, at, mark.at);
      at = mark.kind === "gap" ? mark.next : mark.at;
      if (mark.kind !== "gap") await this.#mark(mark);
    }
    this.#append(batch, at, batch.outEnd);
    this.#noteEnds(batch);
    if (batch.ack) this.#syncer.askAck(batch.ack, this.#ackPosition(batch.ack));
    this.#report();
    this.#syncer.written();
  }

  /** The file being written, which a sync that failed may have closed between two steps. */
  #openFile(): StoreFile {
    if (this.#file) return this.#file;
    throw this.#failure ?? new Error("There is no file to write to");
  }

  #append(batch: Batch, from: number, to: number): void {
    if (to === from) return;
    const file = this.#openFile();
    const before = file.size;
    // Bytes that come again are counted where the file was opened.
    this.chain.receive(to - from - Math.min(to - from, Math.max(0, before - file.position)));
    try {
      file.append(batch.bytes.subarray(from, to));
    } finally {
      // Of a write that failed a part may be in the file.
      this.chain.write(file.size - before);
    }
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
    else if (mark.kind === "format") {
      this.#options.store.checkFormat(this.#openFile().name, mark.body);
    } else if (mark.kind === "stop") this.#cutTo(mark.position);
    else this.#noteClosed(mark.nextFile);
  }

  #noteClosed(nextFile: string | undefined): void {
    this.#complete = true;
    if (!this.#resume || nextFile === undefined) return;
    this.#resume = { ...this.#resume, file: this.#openFile().name, nextFile };
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
    const file = this.#files.create(store.dir, name);
    try {
      await file.giveToOwner();
      await store.append(name);
    } catch (cause) {
      file.close();
      throw storeIoError("add to the index of", `${store.dir}/${name}`, cause);
    }
    this.#file = file;
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
    const file = this.#openFile();
    this.#ending = true;
    await this.#syncer.all();
    this.#ending = false;
    if (file.position < file.size) this.#options.onShorter?.(file.name, file.position, file.size);
    file.close();
    this.#file = undefined;
    this.#complete = false;
    this.#options.onFileClosed?.(file.name);
  }

  #cutTo(position: number): void {
    const file = this.#file;
    if (!file) return;
    // What is promised stays; so does what an earlier run stored behind this run's stop condition.
    const from = Math.max(position, file.durable);
    if (from >= file.size) return;
    this.#cut = { file: file.name, from, to: file.size };
    file.truncate(from);
  }

  /** What is to be synced, and how much of it may be promised by that. */
  #syncTarget(): { file: StoreFile; end: number } | undefined {
    const file = this.#file;
    if (!file) return undefined;
    const resume = this.#resume;
    if (resume?.file !== file.name) return { file, end: 0 };
    const mayBeCut = this.#options.mayBeCut && !this.#ending;
    return { file, end: mayBeCut ? resume.transactionEnd : resume.eventEnd };
  }

  #report(): void {
    const file = this.#file;
    if (!file) return;
    // Bytes not yet compared again were there before, and count as written.
    this.#options.onProgress?.({ file: file.name, written: file.size, durable: file.durable });
  }

  /**
   * A sync failed, and a second one may succeed without the data being there: nothing since the
   * last good one is trusted. What is cut off is asked for again.
   */
  #distrust(file: StoreFile): void {
    this.#cut = { file: file.name, from: file.durable, to: file.size };
    this.#resume = undefined;
    file.truncate(file.durable);
    this.#report();
  }

  #closeFile(): void {
    this.#file?.close();
    this.#file = undefined;
  }
}
