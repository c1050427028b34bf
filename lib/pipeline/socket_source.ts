import { ConnectionError } from "../errors.ts";
import type { Batch } from "./batch.ts";
import { BATCH_BYTES, HEAD_SIZE } from "./batch.ts";
import type { BatchPool } from "./batch_pool.ts";
import { Linger } from "./linger.ts";

/** What the source needs of a connection. Deno.TcpConn, TlsConn and UnixConn fit. */
export interface ReadableSocket {
  read(buffer: Uint8Array): Promise<number | null>;
}

/**
 * A read of at least this many bytes means that more is probably waiting. One read of TLS gives one
 * record, of 16 KiB at the most.
 */
const FULL_READ_SIZE = 16 * 1024;
/** How long a batch with something in it waits for more. */
const LINGER_MS = 1;
/** Room that must be left in a batch for another read to be worth it. */
const ROOM_MIN = 64 * 1024;

interface PendingRead {
  batch: Batch;
  offset: number;
  size: Promise<number | null>;
}

/** Settings of {@link socketSource}. */
export interface SocketSourceOptions {
  /** Bytes the handshake read ahead; they come first. */
  buffered?: Uint8Array;
  /** Bytes a second at the most; unlimited when absent. */
  rateLimit?: number;
  /** Told of every read, for liveness and counters. */
  onRead?: (size: number) => void;
}

/**
 * Batches of what a socket gives. Reads go straight into the batch and on while they come back
 * full; as soon as one comes back short, or nothing more comes within a millisecond, the batch
 * leaves, so that a quiet stream has no delay and a busy one moves 1 MiB at a time.
 */
class SocketReader {
  readonly #socket: ReadableSocket;
  readonly #pool: BatchPool;
  readonly #options: SocketSourceOptions;
  #pending: PendingRead | undefined;
  #buffered: Uint8Array | undefined;
  #paidUntil = 0;

  constructor(socket: ReadableSocket, pool: BatchPool, options: SocketSourceOptions) {
    this.#socket = socket;
    this.#pool = pool;
    this.#options = options;
    this.#buffered = options.buffered?.length ? options.buffered : undefined;
  }

  /** The next batch with at least one byte, or undefined at the end of the stream. */
  async next(): Promise<Batch | undefined> {
    const batch = await this.#pool.acquire();
    let last: number | null;
    let linger: Linger | undefined;
    try {
      last = await this.#first(batch);
      while (last !== null && last >= FULL_READ_SIZE && BATCH_BYTES - batch.end >= ROOM_MIN) {
        last = await this.#more(batch, linger ??= new Linger(LINGER_MS));
      }
    } catch (error) {
      batch.release();
      // An error overtakes what is on its way in the stages behind, and takes it along.
      await this.#pool.idle();
      throw error;
    } finally {
      linger?.stop();
    }
    const size = batch.end - batch.start;
    if (size === 0) {
      batch.release();
      return undefined;
    }
    if (this.#options.rateLimit) await this.#pace(size, this.#options.rateLimit);
    return batch;
  }

  /** The first read of a batch: what was read ahead, a read that was under way, or a new one. */
  async #first(batch: Batch): Promise<number | null> {
    if (this.#buffered) {
      const part = this.#buffered.subarray(0, BATCH_BYTES - HEAD_SIZE);
      batch.bytes.set(part, batch.end);
      batch.end += part.length;
      this.#buffered = this.#buffered.length > part.length
        ? this.#buffered.subarray(part.length)
        : undefined;
      return 0;
    }
    const pending = this.#pending;
    if (!pending) return this.#took(batch, await this.#read(batch));
    this.#pending = undefined;
    try {
      const size = await pending.size;
      if (size !== null) {
        const { bytes } = pending.batch;
        batch.bytes.set(bytes.subarray(pending.offset, pending.offset + size), batch.end);
      }
      return this.#took(batch, size);
    } finally {
      pending.batch.release();
    }
  }

  #read(batch: Batch): Promise<number | null> {
    return this.#socket.read(batch.bytes.subarray(batch.end, BATCH_BYTES));
  }

  #took(batch: Batch, size: number | null): number | null {
    if (size === null) return null;
    batch.end += size;
    this.#options.onRead?.(size);
    return size;
  }

  /** One more read into a batch that holds something; null when none came in time. */
  async #more(batch: Batch, linger: Linger): Promise<number | null> {
    const size = this.#read(batch);
    linger.begin();
    let outcome: number | null | "late";
    try {
      outcome = await Promise.race([size, linger.over]);
    } catch {
      // What came before it is good; a TLS server that just closes ends the stream like this.
      outcome = "late";
    }
    if (outcome !== "late") return this.#took(batch, outcome);
    size.catch(() => {}); // reported by the next batch, which waits for this read
    this.#pending = { batch, offset: batch.end, size };
    batch.retain();
    return null;
  }

  async #pace(size: number, rateLimit: number): Promise<void> {
    const now = performance.now();
    this.#paidUntil = Math.max(this.#paidUntil, now) + size / rateLimit * 1000;
    const wait = this.#paidUntil - now;
    if (wait > 5) await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

/**
 * A ReadableStream of {@link Batch}es over a socket. Ends when the peer closes; errors with
 * ConnectionError when reading fails.
 */
export function socketSource(
  socket: ReadableSocket,
  pool: BatchPool,
  options: SocketSourceOptions = {},
): ReadableStream<Batch> {
  const reader = new SocketReader(socket, pool, options);
  return new ReadableStream<Batch>({
    async pull(controller): Promise<void> {
      let batch: Batch | undefined;
      try {
        batch = await reader.next();
      } catch (cause) {
        if (cause instanceof ConnectionError) throw cause;
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new ConnectionError(`Cannot read from the source: ${reason}`, { cause });
      }
      if (batch) controller.enqueue(batch);
      else controller.close();
    },
  }, { highWaterMark: 1 });
}
