import type { SyncReader } from "../binlog/event_scanner.ts";

const PIECE = 64 * 1024;

/** Reads on from a position of a file and tells whether there is nothing but zeros up to its end. */
export class ZeroTail {
  readonly position: number;
  readonly #reader: SyncReader;
  readonly #piece = new Uint8Array(PIECE);
  /** Zeros so far. */
  size = 0;

  /** `reader`: one that can seek. */
  constructor(reader: SyncReader, position: number) {
    this.#reader = reader;
    this.position = position;
    reader.seekSync!(position, Deno.SeekMode.Start);
  }

  /** Reads about `bytes` bytes: `more` may follow, all up to the end are `zeros`, or not all. */
  run(bytes: number): "more" | "zeros" | "other" {
    for (const until = this.size + bytes; this.size < until;) {
      const read = this.#reader.readSync(this.#piece);
      if (!read) return "zeros";
      for (let i = 0; i < read; i++) if (this.#piece[i] !== 0) return "other";
      this.size += read;
    }
    return "more";
  }
}
