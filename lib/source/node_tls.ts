import { Duplex } from "node:stream";
import { connect, type TLSSocket } from "node:tls";
import { type ByteStream, writeAll } from "../protocol/byte_stream.ts";
import { openRelay } from "./loopback_relay.ts";

const READ_SIZE = 64 * 1024;

/** Settings of {@link startNodeTls}. */
export interface NodeTlsOptions {
  /** Name or address that the certificate has to be for. */
  host: string;
  /** PEM of the authorities to trust; the runtime's own where it is missing. */
  ca?: string;
  cert?: string;
  key?: string;
  /** Whether the server's certificate has to be signed by an authority; else any is taken. */
  verify: boolean;
  /** Whether the certificate's names are checked. */
  checkHost: boolean;
}

/** A connection as node's TLS wants it. */
function duplexOver(conn: Deno.TcpConn): Duplex {
  const buffer = new Uint8Array(READ_SIZE);
  return new Duplex({
    read(): void {
      conn.read(buffer).then(
        (size) => this.push(size === null ? null : buffer.slice(0, size)),
        (error) => this.destroy(error),
      );
    },
    write(chunk: Uint8Array, _encoding, done): void {
      writeAll(conn, chunk).then(() => done(), done);
    },
    destroy(error, done): void {
      try {
        conn.close();
      } catch {
        // closed already
      }
      done(error);
    },
  });
}

/** A TLS socket of node as a {@link ByteStream}. */
class NodeTlsStream implements ByteStream {
  readonly #socket: TLSSocket;
  #rest: Uint8Array | undefined;
  #error: Error | undefined;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(socket: TLSSocket) {
    this.#socket = socket;
    const wake = (): void => this.#wake?.();
    socket.on("readable", wake);
    socket.on("end", () => {
      this.#ended = true;
      wake();
    });
    socket.on("error", (error) => {
      this.#error = error;
      wake();
    });
    socket.on("close", () => {
      this.#ended = true;
      wake();
    });
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    for (;;) {
      const chunk: Uint8Array | null = this.#rest ?? this.#socket.read();
      if (chunk) {
        const size = Math.min(chunk.length, buffer.length);
        buffer.set(chunk.subarray(0, size));
        this.#rest = size < chunk.length ? chunk.subarray(size) : undefined;
        return size;
      }
      if (this.#error) throw this.#error;
      if (this.#ended) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  write(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      // What ended the stream says more than that it has ended.
      this.#socket.write(bytes, (error) => {
        if (error) reject(this.#error ?? error);
        else resolve(bytes.length);
      });
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}

/**
 * TLS by way of node:tls, for what Deno's own can't do: to take any certificate where the runtime was
 * not started for it, to trust an authority that is given where it was, and to show a certificate of
 * ours. Rejects where the server's certificate is refused or TLS fails.
 *
 * `takesStreams`: whether node:tls of this runtime works over a stream of ours (Deno 2.4 hangs
 * there); else bytes go by way of a loopback port, and nothing can be verified.
 */
export async function startNodeTls(
  conn: Deno.TcpConn,
  options: NodeTlsOptions,
  takesStreams: boolean,
): Promise<ByteStream> {
  const { host, ca, cert, key, verify, checkHost } = options;
  const settings = {
    // An address is no server name (RFC 6066), but still checked against the certificate.
    ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
    rejectUnauthorized: verify,
    ...(checkHost ? {} : { checkServerIdentity: () => undefined }),
  };
  if (takesStreams) return await begun(connect({ socket: duplexOver(conn), host, ...settings }));
  const relay = openRelay(conn);
  try {
    const socket = connect({ host: "127.0.0.1", port: relay.port, ...settings });
    const stream = begun(socket);
    stream.catch(() => {}); // awaited below, once bytes can flow
    socket.once("connect", () => relay.serve(socket.localPort!).catch((e) => socket.destroy(e)));
    return await stream;
  } finally {
    relay.close();
  }
}

function begun(socket: TLSSocket): Promise<ByteStream> {
  return new Promise((resolve, reject) => {
    const onClose = (): void => reject(new Error("the server closed the connection"));
    socket.once("error", reject);
    socket.once("close", onClose);
    socket.once("secureConnect", () => {
      socket.off("error", reject);
      socket.off("close", onClose);
      resolve(new NodeTlsStream(socket));
    });
  });
}
