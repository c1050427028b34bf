import { AuthError, ConnectionError } from "../errors.ts";
import type { ByteStream } from "../protocol/byte_stream.ts";
import { isRecentRuntime } from "./is_recent_runtime.ts";
import { readTlsFiles, type TlsFiles } from "./read_tls_files.ts";
import type { SourceOptions } from "./source_options.ts";
import { throughLoopback } from "./through_loopback.ts";

/**
 * Host name for which the runtime was started without certificate verification
 * (--unsafely-ignore-certificate-errors=no-verify.invalid). No real host has it (RFC 2606), so every
 * connection that names its own host is still verified.
 */
export const NO_VERIFY_HOST = "no-verify.invalid";

/** What runtimes say of a certificate that they do not take. */
const REFUSED = /certificate|UnknownIssuer|NotValidForName|altnames|self.signed/i;

/** See {@link canSkipVerification}. */
let noVerify: Promise<boolean> | undefined;

async function probeNoVerify(): Promise<boolean> {
  // Tried, not looked up: the executable has the flag inside and shows it nowhere.
  const { SELF_SIGNED_CERT, SELF_SIGNED_KEY } = await import("./self_signed.ts");
  using listener = Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    cert: SELF_SIGNED_CERT,
    key: SELF_SIGNED_KEY,
  });
  const served = listener.accept().then(async (conn) => {
    await conn.handshake().catch(() => {});
    conn.close();
  }).catch(() => {});
  const plain = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
  try {
    const tls = await Deno.startTls(plain, { hostname: NO_VERIFY_HOST });
    await tls.handshake();
    tls.close();
    return true;
  } catch {
    return false;
  } finally {
    await served;
  }
}

/** Whether this runtime was started with the flag for TLS without verification. */
export function canSkipVerification(): Promise<boolean> {
  return noVerify ??= probeNoVerify().catch(() => false);
}

/** Sources for which Deno's own TLS was to take any certificate and did not. */
const refusedUnverified = new WeakSet<SourceOptions>();

/** TLS was refused, and the connection is lost with it; a new one goes another way. */
export class TlsRetryError extends AuthError {
  override name = "TlsRetryError";
}

/**
 * Whether TLS goes by way of node's. Deno's own shows no certificate of ours, and takes an authority
 * that is given to it beside the public ones, or not at all where the runtime was started for TLS
 * without verification. Whether it was takes longer to find out than the whole login, so a recent
 * runtime tries.
 */
async function goesByNode(source: SourceOptions, verify: boolean): Promise<boolean> {
  if (isRecentRuntime()) {
    return verify || source.sslCert !== undefined || refusedUnverified.has(source);
  }
  return !verify && !await canSkipVerification();
}

function certificateRefused(reason: string, cause: unknown, hint: string): AuthError {
  return new AuthError(`The server's certificate is refused: ${reason}`, { cause, hint });
}

async function startDenoTls(
  conn: Deno.TcpConn,
  files: TlsFiles,
  hostname: string,
  onStream: (stream: ByteStream) => void,
): Promise<ByteStream> {
  const caCerts = files.ca === undefined ? [] : [files.ca];
  const tls = await Deno.startTls(conn, { hostname, caCerts });
  // From here on only this can be closed, and a handshake may stall.
  onStream(tls);
  try {
    await tls.handshake();
  } catch (error) {
    tls.close();
    throw error;
  }
  return tls;
}

/**
 * Begins TLS on a connection after the SSLRequest was sent. VERIFY_IDENTITY checks chain and host
 * name, VERIFY_CA the chain alone, REQUIRED and PREFERRED neither. `onStream` is told what takes the
 * connection's place as soon as it does.
 * @throws {TlsRetryError} where a new connection may do better, {AuthError} where the certificate is
 *   refused, {ConnectionError} where TLS fails otherwise.
 */
export async function startTls(
  socket: Deno.TcpConn | Deno.UnixConn,
  options: SourceOptions,
  onStream: (stream: ByteStream) => void = () => {},
): Promise<ByteStream> {
  const { sslMode } = options;
  const verify = sslMode === "VERIFY_CA" || sslMode === "VERIFY_IDENTITY";
  // Over a Unix socket the mysql tools check by this name too.
  const host = options.host ?? (options.socket === undefined ? "127.0.0.1" : "localhost");
  if (verify && host === NO_VERIFY_HOST) throw new AuthError(`${host} is nobody's host`);
  const files = await readTlsFiles(options);
  const shows = files.cert !== undefined;
  if (shows && !isRecentRuntime()) {
    throw new AuthError("This runtime can't show --ssl-cert to the server", {
      hint: "Deno 2.9 can (deno task dump …)",
    });
  }
  const byNode = await goesByNode(options, verify);
  try {
    const conn = "setNoDelay" in socket ? socket : await throughLoopback(socket);
    onStream(conn);
    if (byNode) {
      const { startNodeTls } = await import("./node_tls.ts");
      const checkHost = sslMode === "VERIFY_IDENTITY";
      return await startNodeTls(conn, { ...files, host, verify, checkHost }, isRecentRuntime());
    }
    const name = verify ? host : NO_VERIFY_HOST;
    return await startDenoTls(conn, files, name, onStream);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    if (!REFUSED.test(reason)) {
      throw new ConnectionError(`Cannot begin TLS with the server: ${reason}`, { cause });
    }
    const error = certificateRefused(reason, cause, await refusedHint(reason, files, options));
    if (verify || byNode) throw error;
    refusedUnverified.add(options);
    throw isRecentRuntime() ? new TlsRetryError(error.message, error.details) : error;
  }
}

async function refusedHint(
  reason: string,
  files: TlsFiles,
  { sslMode }: SourceOptions,
): Promise<string> {
  if (files.ca !== undefined && /UnknownIssuer/.test(reason) && await canSkipVerification()) {
    return "this runtime can't look at --ssl-ca; Deno 2.9 can (deno task dump …)";
  }
  if (sslMode === "VERIFY_CA" && /not valid for name/.test(reason)) {
    return "this runtime checks the host name too; Deno 2.9 does not (deno task dump …)";
  }
  if (sslMode === "VERIFY_IDENTITY" && /not valid for name|altnames/i.test(reason)) {
    return "connect by a name that the certificate is for, or check the CA only with " +
      "--ssl-mode=VERIFY_CA";
  }
  return sslMode === "VERIFY_CA" || sslMode === "VERIFY_IDENTITY"
    ? "give the CA that signed it with --ssl-ca, or accept any certificate with --ssl-mode=REQUIRED"
    : "--ssl-mode=DISABLED goes without TLS";
}
