/** How far the newest file of a store has come. `durable <= written` always. */
export interface TailPosition {
  /** Newest file of the store. */
  file: string;
  /** Bytes of it written to the file. */
  written: number;
  /** Bytes of it known to be on disk. */
  durable: number;
}

/**
 * The growing end of a store, as whoever follows it sees it. The dumper's sink implements it inside
 * one process; for a store written by another process the server has its own implementation.
 */
export interface StoreTail {
  /** Where the store ends now; undefined while it holds no file. */
  position(): TailPosition | undefined;
  /**
   * Resolves as soon as {@link position} differs from `seen` (new file, more written or more
   * durable), and when `signal` is aborted.
   */
  changed(seen: TailPosition | undefined, signal: AbortSignal): Promise<void>;
  /** Asks for `written` to be made durable soon; returns at once. Idempotent. */
  requestSync(): void;
}
