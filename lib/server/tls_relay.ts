import { ConnectionError, UsageError } from "../errors.ts";
import { acceptClients } from "../protocol/accept_clients.ts";
import { connectPatiently } from "../protocol/connect_patiently.ts";
import { writeAll } from "../protocol/byte_stream.ts";
import type { ServedStream } from "./client_stream.ts";

const BUFFER_SIZE = 64 * 1024;
const ACCEPT_LIMIT_MS = 5000;
const STRANGER_MS = 1000;
/** A client that takes nothing for so long is given up, as by a source's net_write_timeout. */
const STALLED_MS = 60_000;

/** Certificate and private key, PEM. */
export interface TlsOptions {
  cert: string;
  key: string;
}

/**
 * What is said over TLS, by way of the runtime's listener: `tls` is its end there, `inner` ours, and
 * `plain` the connection to the client.
 */
class RelayedStream implements ServedStream {
  readonly #tls: Deno.TlsConn;
  readonly #inner: Deno.TcpConn;
  readonly #plain: ServedStream;
  /** Bytes that the client's connection has taken. */
  #passedOn = 0;
  /** Resolves when the last byte for the client is passed on, or there is nobody to pass it on to. */
  readonly passing: Promise<void>;
  readonly #closed = Promise.withResolvers<void>();

  constructor(
    tls: Deno.TlsConn,
    inner: Deno.TcpConn,
    plain: ServedStream,
    ahead: Uint8Array<ArrayBuffer>,
  ) {
    this.#tls = tls;
    this.#inner = inner;
    this.#plain = plain;
    this.#takeIn(ahead);
    this.passing = this.#passOn();
  }

  read(buffer: Uint8Array): Promise<number | null> {
    return this.#tls.read(buffer);
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#tls.write(bytes);
  }

  async closeWrite(): Promise<void> {
    let before = -1;
    const watch = setInterval(() => {
      if (this.#passedOn === before) this.close();
      before = this.#passedOn;
    }, STALLED_MS);
    // Where this fails, the other end has learned it too, and so the passing ends.
    this.#tls.closeWrite().catch(() => {});
    await Promise.race([this.passing, this.#closed.promise]);
    clearInterval(watch);
  }

  close(): void {
    this.#closed.resolve();
    for (const conn of [this.#tls, this.#inner, this.#plain]) {
      try {
        conn.close();
      } catch {
        // closed already
      }
    }
  }

  async #takeIn(ahead: Uint8Array<ArrayBuffer>): Promise<void> {
    const buffer = new Uint8Array(BUFFER_SIZE);
    try {
      await writeAll(this.#inner, ahead);
      for (let read; (read = await this.#plain.read(buffer));) {
        await writeAll(this.#inner, buffer.subarray(0, read));
      }
    } catch {
      // The same as the end of the client's bytes.
    }
    // What is still on its way to the client may arrive.
    this.#inner.closeWrite().catch(() => {});
  }

  async #passOn(): Promise<void> {
    const buffer = new Uint8Array(BUFFER_SIZE);
    try {
      for (let read; (read = await this.#inner.read(buffer));) {
        for (let done = 0; done < read;) {
          const taken = await this.#plain.write(buffer.subarray(done, read));
          done += taken;
          this.#passedOn += taken;
        }
      }
      await this.#plain.closeWrite();
    } catch {
      // The client is gone: a write that waits for it would wait for ever.
      this.close();
    }
  }
}

/**
 * TLS on a connection that began without it. The runtime can only accept TLS from a listener of its
 * own, so the bytes of the connection are passed on to one on loopback, which takes nobody else.
 */
export class TlsRelay {
  readonly #listener: Deno.TlsListener;
  readonly #closed = new AbortController();
  /** Who waits for the connection from this local port. */
  readonly #waiting = new Map<number, (conn: Deno.TlsConn) => void>();
  /** Connections that nobody waits for yet, by the port they came from. */
  readonly #arrived = new Map<number, Deno.TlsConn>();

  /** @throws {UsageError} where certificate and key are of no use. */
  constructor({ cert, key }: TlsOptions) {
    try {
      this.#listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new UsageError(`Cannot use the TLS certificate and key: ${reason}`, { cause });
    }
    acceptClients(this.#listener, (conn) => {
      const { port } = conn.remoteAddr as Deno.NetAddr;
      const taker = this.#waiting.get(port);
      if (taker) taker(conn);
      else this.#keep(port, conn);
    });
  }

  /** It may be accepted here before the relay's side knows that it is connected; else it is no one's. */
  #keep(port: number, conn: Deno.TlsConn): void {
    this.#arrived.set(port, conn);
    setTimeout(() => {
      if (this.#arrived.get(port) !== conn) return;
      this.#arrived.delete(port);
      conn.close();
    }, STRANGER_MS);
  }

  /** Begins TLS on `plain`, of which `ahead` was read already; closing it closes `plain` too. */
  async upgrade(plain: ServedStream, ahead: Uint8Array<ArrayBuffer>): Promise<ServedStream> {
    const inner = await this.#connect();
    inner.setNoDelay(true);
    const port = (inner.localAddr as Deno.NetAddr).port;
    const accepted = await this.#take(port, inner);
    const stream = new RelayedStream(accepted, inner, plain, ahead);
    try {
      await accepted.handshake();
    } catch (cause) {
      // The client hears the reason, in an alert.
      accepted.close();
      await stream.passing;
      stream.close();
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new ConnectionError(`TLS with the client failed: ${reason}`, { cause });
    }
    return stream;
  }

  async #connect(): Promise<Deno.TcpConn> {
    const { port } = this.#listener.addr as Deno.NetAddr;
    const connect = () => Deno.connect({ hostname: "127.0.0.1", port });
    try {
      return await connectPatiently(connect, this.#closed.signal);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new ConnectionError(`TLS could not be begun: ${reason}`, { cause });
    }
  }

  #take(port: number, inner: Deno.TcpConn): Promise<Deno.TlsConn> {
    const arrived = this.#arrived.get(port);
    this.#arrived.delete(port);
    if (arrived) return Promise.resolve(arrived);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(port);
        inner.close();
        reject(new ConnectionError("TLS could not be begun in time"));
      }, ACCEPT_LIMIT_MS);
      this.#waiting.set(port, (conn) => {
        clearTimeout(timer);
        this.#waiting.delete(port);
        resolve(conn);
      });
    });
  }

  close(): void {
    this.#closed.abort();
    this.#listener.close();
  }
}
