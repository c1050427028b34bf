import type { ByteStream } from "../protocol/byte_stream.ts";

/** How long a client has to leave, and one that is sent away to take what is still on its way. */
const CLOSE_LIMIT_MS = 2000;
const LEAVING_BUFFER_SIZE = 4096;

/** A connection whose writing side can be closed alone. Deno.TcpConn fits. */
export interface ServedStream extends ByteStream {
  /**
   * Says that nothing more comes. Resolves when everything written is with the operating system,
   * which delivers it whatever becomes of the connection here.
   */
  closeWrite(): Promise<void>;
}

/**
 * The connection to a client until it has ended. A connection that is closed while the last answer is
 * on its way may lose it: what lies in between, TLS for one, is closed with it, and what the client
 * sent meanwhile makes the operating system reset it. So the writing side is closed first, and the
 * rest when the client has left.
 */
export class ClientStream {
  #stream: ServedStream;
  #leaving: Promise<void> | undefined;
  #sentAway = false;
  /** Everything written is on its way. */
  #handedOver = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #closed = Promise.withResolvers<void>();
  #isClosed = false;

  constructor(stream: ServedStream) {
    this.#stream = stream;
  }

  /** From here on the conversation goes on over `stream`, which closes the one before with itself. */
  replace(stream: ServedStream): ServedStream {
    this.#stream = stream;
    // Its end came while the two were changed.
    if (this.#isClosed) this.close();
    return stream;
  }

  /** Nothing more is written: resolves when the client has left, or its time to do so is over. */
  leave(): Promise<void> {
    // A write that a client holds up may outlast even the connection.
    this.#leaving ??= Promise.race([this.#leave(), this.#closed.promise]);
    return this.#leaving;
  }

  /** The connection ends within the limit, also where the client takes nothing and does not leave. */
  limit(): void {
    if (!this.#isClosed) this.#timer ??= setTimeout(() => this.close(), CLOSE_LIMIT_MS);
  }

  /** Ends the connection as soon as everything written is on its way, at the limit in any case. */
  sendAway(): void {
    this.#sentAway = true;
    if (this.#handedOver) return this.close();
    this.limit();
    this.leave();
  }

  /** Ends it at once: what is on its way may be lost. */
  close(): void {
    clearTimeout(this.#timer);
    this.#isClosed = true;
    this.#closed.resolve();
    try {
      this.#stream.close();
    } catch {
      // closed already
    }
  }

  async #leave(): Promise<void> {
    try {
      await this.#stream.closeWrite();
      this.#handedOver = true;
      if (this.#sentAway) return;
      this.limit();
      const buffer = new Uint8Array(LEAVING_BUFFER_SIZE);
      while (await this.#stream.read(buffer));
    } catch {
      // the client is gone
    } finally {
      this.close();
    }
  }
}
