import { BINLOG_MAGIC, EVENT_FLAG, HEADER_OFFSET } from "../binlog/event_header.ts";
import type { Batch } from "../pipeline/batch.ts";
import { BatchSink } from "../pipeline/batch_sink.ts";
import { type Finding, finding } from "./verify_finding.ts";

const COMPARE_SIZE = 256 * 1024;
/** The byte of the in-use flag, which a dump clears and a server's own active file has set. */
const IN_USE_POSITION = BINLOG_MAGIC.length + HEADER_OFFSET.flags;

/** Settings of {@link CompareSink}. */
export interface CompareOptions {
  dir: string;
  /** Files to compare. */
  files: readonly string[];
  /** Told when the stream goes on to a file behind them: the comparison is over. */
  onOver?: () => void;
}

/**
 * The end of a dump pipeline that writes nothing: what the source sends is compared with the files of
 * a folder. The first difference of each file becomes a finding.
 */
export class CompareSink extends BatchSink {
  readonly findings: Finding[] = [];
  /** Bytes that were compared and found equal. */
  equal = 0;
  readonly #options: CompareOptions;
  readonly #scratch = new Uint8Array(COMPARE_SIZE);
  #name = "";
  #handle: Deno.FsFile | undefined;
  #position = 0;
  #over = false;

  constructor(options: CompareOptions) {
    super();
    this.#options = options;
  }

  /** Whether the source has sent all of the files that there are to compare, and goes on. */
  get over(): boolean {
    return this.#over;
  }

  override take(batch: Batch): void {
    try {
      let at = batch.outStart;
      for (const mark of batch.marks) {
        this.#compare(batch.bytes.subarray(at, mark.at));
        at = mark.kind === "gap" ? mark.next : mark.at;
        if (mark.kind === "file") this.#beginFile(mark.file, mark.position);
      }
      this.#compare(batch.bytes.subarray(at, batch.outEnd));
    } finally {
      batch.release();
    }
  }

  override finish(): void {
    this.#endFile();
  }

  override abandon(): void {
    this.#endFile();
  }

  #beginFile(name: string, position: number): void {
    this.#endFile();
    const { dir, files, onOver } = this.#options;
    if (!files.includes(name)) {
      if (this.#name === "" || this.#over) return;
      this.#over = true;
      onOver?.();
      return;
    }
    this.#name = name;
    this.#handle = Deno.openSync(`${dir}/${name}`, { read: true });
    this.#handle.seekSync(position, Deno.SeekMode.Start);
    this.#position = position;
  }

  #endFile(): void {
    this.#handle?.close();
    this.#handle = undefined;
  }

  #compare(bytes: Uint8Array): void {
    if (!this.#handle) return;
    for (let done = 0; done < bytes.length;) {
      const want = Math.min(bytes.length - done, COMPARE_SIZE);
      const size = this.#handle.readSync(this.#scratch.subarray(0, want)) ?? 0;
      if (size === 0) {
        // Sizes are compared elsewhere; the newest file may be behind.
        this.#endFile();
        return;
      }
      if (!this.#same(bytes, done, size)) return;
      done += size;
      this.#position += size;
      this.equal += size;
    }
  }

  #same(bytes: Uint8Array, from: number, size: number): boolean {
    const ours = this.#scratch;
    for (let i = 0; i < size; i++) {
      const theirs = bytes[from + i]!;
      if (ours[i] === theirs) continue;
      const position = this.#position + i;
      const flag = EVENT_FLAG.LOG_EVENT_BINLOG_IN_USE_F;
      if (position === IN_USE_POSITION && (ours[i]! & ~flag) === theirs) continue;
      const hex = (byte: number): string => `0x${byte.toString(16).padStart(2, "0")}`;
      this.findings.push(finding("source-bytes", "the source sends other bytes", {
        file: this.#name,
        position,
        expected: hex(theirs),
        found: hex(ours[i]!),
      }));
      this.#endFile();
      return false;
    }
    return true;
  }
}
