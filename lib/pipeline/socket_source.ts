import { ConnectionError } from "../errors.ts";
import type { Batch } from "./batch.ts";
import { BATCH_BYTES, HEAD_SIZE, READ_SIZE } from "./batch.ts";
import type { BatchPool } from "./batch_pool.ts";
import { type BatchSource, BatchStream } from "./batch_stream.ts";
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
/** With a rate, batches a second at the least: none waits long, nor does who ends the stream. */
const PACED_BATCHES = 5;
/** Bytes of a batch at the least, whatever the rate. */
const PACED_SIZE_MIN = 512;

/** Settings of {@link socketSource}. */
export interface SocketSourceOptions {
  /** Bytes the handshake read ahead; they come first. */
  buffered?: Uint8Array;
  /** Bytes a second at the most; unlimited when absent. */
  rateLimit?: number;
  /** Told of every read that gave something as soon as it has, for liveness and counters. */
  onRead?: (size: number) => void;
}

/** A read and where its bytes go. */
interface Read {
  batch: Batch;
  offset: number;
}

/**
 * Batches of what a socket gives. Reads go straight into the batch and on while they come back
 * full; as soon as one comes back short, or nothing more comes within a millisecond, the batch
 * leaves, so that a quiet stream has no delay and a busy one moves 1 MiB at a time. A read that is
 * under way then goes on into memory of the batch that has left; its bytes begin the next one.
 *
 * TLS gives 16 KiB a read, so a read costs no promise but the socket's own and one more.
 */
class SocketReader implements BatchSource {
  readonly #socket: ReadableSocket;
  readonly #pool: BatchPool;
  readonly #options: SocketSourceOptions;
  readonly #linger = new Linger(LINGER_MS, () => this.#filled?.resolve());
  #buffered: Uint8Array | undefined;
  /** The batch being filled, and what is fulfilled when it is; undefined between two batches. */
  #batch: Batch | undefined;
  #filled: PromiseWithResolvers<void> | undefined;
  /** The read under way. */
  #read: Read | undefined;
  /** How a read ended whose batch had left: bytes, null for the end of the stream, or an error. */
  #late: { read: Read; size: number | null } | { error: unknown } | undefined;
  #paidUntil = 0;
  /** What happened behind, so that nothing more is wanted. */
  #brokenBy: { error: unknown } | undefined;
  /** Where socket bytes end in a batch, at the most. */
  readonly #limit: number;

  constructor(socket: ReadableSocket, pool: BatchPool, options: SocketSourceOptions) {
    this.#socket = socket;
    this.#pool = pool;
    this.#options = options;
    const paced = Math.ceil((options.rateLimit ?? Infinity) / PACED_BATCHES);
    this.#limit = HEAD_SIZE + Math.min(READ_SIZE, Math.max(PACED_SIZE_MIN, paced));
    this.#buffered = options.buffered?.length ? options.buffered : undefined;
  }

  /** The next batch with at least one byte, or undefined at the end of the stream. */
  async next(): Promise<Batch | undefined> {
    try {
      return await this.#next();
    } catch (cause) {
      if (this.#brokenBy) throw this.#brokenBy.error;
      if (cause instanceof ConnectionError) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new ConnectionError(`Cannot read from the source: ${reason}`, { cause });
    }
  }

  end(error?: unknown): void {
    this.#linger.end();
    if (error === undefined) return;
    this.#brokenBy ??= { error };
    this.#filled?.reject(error);
  }

  async #next(): Promise<Batch | undefined> {
    if (this.#brokenBy) throw this.#brokenBy.error;
    const batch = this.#batch = await this.#pool.acquire();
    const filled = this.#filled = Promise.withResolvers<void>();
    try {
      this.#begin(batch);
      await filled.promise;
    } catch (error) {
      batch.release();
      // An error overtakes what is on its way in streams behind, and takes it along.
      if (!this.#brokenBy) await this.#pool.idle();
      throw error;
    } finally {
      this.#linger.stop();
      this.#batch = this.#filled = undefined;
    }
    if (this.#read?.batch === batch) batch.retain();
    const size = batch.end - batch.start;
    if (size === 0) {
      batch.release();
      return undefined;
    }
    if (this.#options.rateLimit) await this.#pace(size, this.#options.rateLimit);
    return batch;
  }

  /** Begins a batch with what was read ahead, a read that was under way, or a new one. */
  #begin(batch: Batch): void {
    const late = this.#late;
    if (this.#buffered) {
      const part = this.#buffered.subarray(0, BATCH_BYTES - HEAD_SIZE);
      batch.bytes.set(part, batch.end);
      batch.end += part.length;
      this.#buffered = this.#buffered.length > part.length
        ? this.#buffered.subarray(part.length)
        : undefined;
      this.#filled!.resolve();
    } else if (late) {
      this.#late = undefined;
      if ("error" in late) this.#filled!.reject(late.error);
      else this.#takeLate(batch, late.read, late.size);
    } else if (!this.#read) this.#readMore(batch);
  }

  #readMore(batch: Batch): void {
    this.#read = { batch, offset: batch.end };
    this.#socket.read(batch.bytes.subarray(batch.end, this.#limit)).then(
      this.#onRead,
      this.#onError,
    );
    if (batch.end > batch.start) this.#linger.begin();
  }

  readonly #onRead = (size: number | null): void => {
    const read = this.#read!;
    this.#read = undefined;
    const batch = this.#batch;
    if (size !== null) this.#options.onRead?.(size);
    if (!batch) this.#late = { read, size };
    else if (read.batch === batch) this.#take(batch, size);
    else this.#takeLate(batch, read, size);
  };

  readonly #onError = (error: unknown): void => {
    const read = this.#read!;
    this.#read = undefined;
    const batch = this.#batch;
    if (read.batch !== batch) read.batch.release();
    if (batch && batch.end === batch.start) this.#filled!.reject(error);
    else {
      // What came before it is good; a TLS server that just closes ends the stream like this.
      this.#late = { error };
      this.#filled?.resolve();
    }
  };

  /** Bytes that came into an earlier batch after it had left. */
  #takeLate(batch: Batch, read: Read, size: number | null): void {
    const from = read.batch.bytes;
    if (size !== null) batch.bytes.set(from.subarray(read.offset, read.offset + size), batch.end);
    read.batch.release();
    this.#take(batch, size);
  }

  /** Counts `size` bytes more in the batch, and reads on where it pays. */
  #take(batch: Batch, size: number | null): void {
    if (size === null) return this.#filled!.resolve();
    batch.end += size;
    const more = size >= FULL_READ_SIZE && this.#limit - batch.end >= ROOM_MIN;
    if (more) this.#readMore(batch);
    else this.#filled!.resolve();
  }

  async #pace(size: number, rateLimit: number): Promise<void> {
    const now = performance.now();
    this.#paidUntil = Math.max(this.#paidUntil, now) + size / rateLimit * 1000;
    const wait = this.#paidUntil - now;
    if (wait > 5) await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

/**
 * A stream of {@link Batch}es over a socket. Ends when the peer closes; errors with ConnectionError
 * when reading fails.
 */
export function socketSource(
  socket: ReadableSocket,
  pool: BatchPool,
  options: SocketSourceOptions = {},
): BatchStream {
  return new BatchStream(new SocketReader(socket, pool, options));
}
