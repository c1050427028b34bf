import type { FileHead } from "./file_head.ts";

/** Most heads kept. */
const HEADS_MAX = 1000;
/**
 * Most bytes of GTIDs in them, counted as they are in the files: in memory they take six times as
 * much, and as much again until the garbage of those that went is collected.
 */
const BYTES_MAX = 4 * 1024 * 1024;
/** A source of a MySQL set: UUID and number of ranges. */
const SOURCE_BYTES = 24;
/** A range of a MySQL set; a transaction of MariaDB's list takes as much. */
const RANGE_BYTES = 16;

function sizeOf({ previousGtids, gtidList }: FileHead): number {
  let size = (gtidList?.length ?? 0) * RANGE_BYTES;
  for (const { ranges } of previousGtids?.entries() ?? []) {
    size += SOURCE_BYTES + ranges.ranges.length * RANGE_BYTES;
  }
  return size;
}

/** Heads of files, the ones asked for last: as many as do not take too much memory, at least one. */
export class KeptHeads {
  /** In the order in which they were asked for. */
  readonly #heads = new Map<string, { head: FileHead; size: number }>();
  #size = 0;

  get(file: string): FileHead | undefined {
    const kept = this.#heads.get(file);
    if (!kept) return undefined;
    this.#heads.delete(file);
    this.#heads.set(file, kept);
    return kept.head;
  }

  /** Keeps a head, in place of what was known of the file; others may have to go for it. */
  set(file: string, head: FileHead): void {
    this.#delete(file);
    const size = sizeOf(head);
    this.#heads.set(file, { head, size });
    this.#size += size;
    for (const oldest of this.#heads.keys()) {
      if (oldest === file || this.#heads.size <= HEADS_MAX && this.#size <= BYTES_MAX) break;
      this.#delete(oldest);
    }
  }

  #delete(file: string): void {
    this.#size -= this.#heads.get(file)?.size ?? 0;
    this.#heads.delete(file);
  }

  clear(): void {
    this.#heads.clear();
    this.#size = 0;
  }
}
