import { Duplex } from "node:stream";
import { connect, type TLSSocket } from "node:tls";
import { type ByteStream, writeAll } from "../protocol/byte_stream.ts";

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
      this.#socket.write(bytes, (error) => error ? reject(error) : resolve(bytes.length));
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}

/**
 * TLS by way of node:tls, for what Deno's own can't do: to trust an authority that is given to it in
 * a runtime that was started with --unsafely-ignore-certificate-errors for some host, and to show a
 * certificate of ours. Rejects where the server's certificate is refused or TLS fails.
 */
export function startNodeTls(conn: Deno.TcpConn, options: NodeTlsOptions): Promise<ByteStream> {
  const { host, ca, cert, key, verify, checkHost } = options;
  return new Promise((resolve, reject) => {
    const socket = connect({
      socket: duplexOver(conn),
      host,
      // An address is no server name (RFC 6066), but still checked against the certificate.
      ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined || key === undefined ? {} : { cert, key }),
      rejectUnauthorized: verify,
      ...(checkHost ? {} : { checkServerIdentity: () => undefined }),
    });
    socket.once("error", reject);
    socket.once("secureConnect", () => {
      socket.off("error", reject);
      resolve(new NodeTlsStream(socket));
    });
  });
}
