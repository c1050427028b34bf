const SIZE_MAX = 64 * 1024;

/**
 * The bytes that were last read near the end of a file: a hundred replicas that wait there want the
 * same ones a moment later, and get them without a read of their own.
 */
export class RecentRead {
  readonly #bytes = new Uint8Array(SIZE_MAX);
  #key = "";
  #position = 0;
  #size = 0;

  /** Copies what is wanted of a file from `position` on, if all of it is at hand. */
  copy(key: string, position: number, target: Uint8Array): boolean {
    const from = position - this.#position;
    if (key !== this.#key || from < 0 || from + target.length > this.#size) return false;
    target.set(this.#bytes.subarray(from, from + target.length));
    return true;
  }

  /** Keeps what was read, if it is small. */
  keep(key: string, position: number, bytes: Uint8Array): void {
    if (bytes.length > SIZE_MAX) return;
    this.#bytes.set(bytes);
    this.#key = key;
    this.#position = position;
    this.#size = bytes.length;
  }
}
