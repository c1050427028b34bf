import { ConnectionError, UsageError } from "../errors.ts";
import { acceptClients } from "../protocol/accept_clients.ts";
import { type ByteStream, writeAll } from "../protocol/byte_stream.ts";

const BUFFER_SIZE = 64 * 1024;
const ACCEPT_LIMIT_MS = 5000;
const STRANGER_MS = 1000;

/** Certificate and private key, PEM. */
export interface TlsOptions {
  cert: string;
  key: string;
}

/** Bytes from one side to the other until one of them ends. */
async function copy(from: ByteStream, to: ByteStream): Promise<void> {
  const buffer = new Uint8Array(BUFFER_SIZE);
  for (let read = await from.read(buffer); read; read = await from.read(buffer)) {
    await writeAll(to, buffer.subarray(0, read));
  }
}

/**
 * TLS on a connection that began without it. The runtime can only accept TLS from a listener of its
 * own, so the bytes of the connection are passed on to one on loopback, which takes nobody else.
 */
export class TlsRelay {
  readonly #listener: Deno.TlsListener;
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

  /** Begins TLS on `plain`, of which `ahead` was read already. */
  async upgrade(plain: ByteStream, ahead: Uint8Array<ArrayBuffer>): Promise<ByteStream> {
    const inner = await Deno.connect({
      hostname: "127.0.0.1",
      port: (this.#listener.addr as Deno.NetAddr).port,
    });
    inner.setNoDelay(true);
    const port = (inner.localAddr as Deno.NetAddr).port;
    const accepted = await this.#take(port, inner);
    const close = (): void => {
      for (const stream of [plain, inner]) {
        try {
          stream.close();
        } catch {
          // closed already
        }
      }
    };
    const inward = async (): Promise<void> => {
      await writeAll(inner, ahead);
      await copy(plain, inner);
    };
    inward().catch(() => {}).finally(() => {
      // The end of the client's bytes: what is still on its way to it may arrive.
      inner.closeWrite().catch(() => {});
    });
    copy(inner, plain).catch(() => {}).finally(close);
    try {
      await accepted.handshake();
    } catch (cause) {
      close();
      accepted.close();
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new ConnectionError(`TLS with the client failed: ${reason}`, { cause });
    }
    return accepted;
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
    this.#listener.close();
  }
}
