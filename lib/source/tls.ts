import { AuthError, ConnectionError } from "../errors.ts";
import type { ByteStream } from "../protocol/byte_stream.ts";
import type { SourceOptions } from "./source_options.ts";

/**
 * Host name for which the runtime was started without certificate verification
 * (--unsafely-ignore-certificate-errors=no-verify.invalid). No real host has it (RFC 2606), so every
 * connection that names its own host is still verified.
 */
export const NO_VERIFY_HOST = "no-verify.invalid";

const NO_TLS_HINT = "--ssl-mode=DISABLED goes without TLS";

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

/**
 * Whether node:tls of this runtime verifies a certificate over a stream of ours. Deno 2.4 hangs
 * there, and takes any certificate where no authority is given.
 */
function nodeTlsVerifies(): boolean {
  const [major = 0, minor = 0] = Deno.version.deno.split(".").map(Number);
  return major > 2 || (major === 2 && minor >= 9);
}

/** What Deno's own TLS said when it was to take any certificate and did not. */
let refusal: string | undefined;

/**
 * Deno's own TLS does not go without verification here, or not for this certificate (X.509 v1), and
 * the connection is lost with the try; the next one goes another way. To ask beforehand whether the
 * runtime was started with the flag takes longer than the whole login.
 */
export class UnverifiedTlsError extends ConnectionError {
  override name = "UnverifiedTlsError";
}

/**
 * Whether {@link startTls} can work for REQUIRED and PREFERRED, as far as is known.
 * @throws {AuthError} where it can't, and the server's certificate is the reason.
 */
export async function canBeginUnverified(): Promise<boolean> {
  if (refusal === undefined || nodeTlsVerifies()) return true;
  if (await canSkipVerification()) throw certificateRefused(refusal, undefined, NO_TLS_HINT);
  return false;
}

function certificateRefused(reason: string, cause: unknown, hint: string): AuthError {
  return new AuthError(`The server's certificate is refused: ${reason}`, { cause, hint });
}

async function readPem(path: string, what: string): Promise<string> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AuthError(`Cannot read ${what} ${path}: ${reason}`, { file: path, cause });
  }
  // node:tls goes on without what it can't read, and the server would say who it does not know.
  if (/^-----BEGIN [A-Z0-9 ]+-----/m.test(text)) return text;
  throw new AuthError(`Cannot read ${what} ${path}: it is no PEM file`, { file: path });
}

interface TlsFiles {
  ca?: string;
  cert?: string;
  key?: string;
}

async function readFiles(options: SourceOptions, verify: boolean): Promise<TlsFiles> {
  const { sslCa, sslCert, sslKey } = options;
  const files: TlsFiles = {};
  if (sslCa !== undefined && verify) files.ca = await readPem(sslCa, "--ssl-ca");
  if (sslCert !== undefined && sslKey !== undefined) {
    files.cert = await readPem(sslCert, "--ssl-cert");
    files.key = await readPem(sslKey, "--ssl-key");
  }
  return files;
}

async function startDenoTls(
  conn: Deno.TcpConn,
  options: SourceOptions,
  files: TlsFiles,
  hostname: string,
): Promise<ByteStream> {
  const settings: Record<string, unknown> = { hostname };
  if (files.ca !== undefined) settings.caCerts = [files.ca];
  if (options.sslMode === "VERIFY_CA") settings.unsafelyDisableHostnameVerification = true;
  const tls = await Deno.startTls(conn, settings as Deno.StartTlsOptions);
  await tls.handshake();
  return tls;
}

/**
 * Begins TLS on a connection after the SSLRequest was sent. VERIFY_IDENTITY checks chain and host
 * name, VERIFY_CA the chain alone, REQUIRED and PREFERRED neither.
 * @throws {AuthError} where the certificate is refused, {UnverifiedTlsError} where a new connection
 *   may do without it, {ConnectionError} where TLS fails otherwise.
 */
export async function startTls(conn: Deno.TcpConn, options: SourceOptions): Promise<ByteStream> {
  const { sslMode } = options;
  const verify = sslMode === "VERIFY_CA" || sslMode === "VERIFY_IDENTITY";
  const host = options.host ?? "127.0.0.1";
  const files = await readFiles(options, verify);
  const shows = files.cert !== undefined;
  if (shows && !nodeTlsVerifies()) {
    throw new AuthError("This runtime can't show --ssl-cert to the server", {
      hint: "Deno 2.9 can (deno task dump …)",
    });
  }
  // Deno.startTls shows no certificate of ours; and where the runtime can do without verification it
  // does not look at authorities that are given to it.
  const byNode = shows ||
    (nodeTlsVerifies() && (verify ? await canSkipVerification() : refusal !== undefined));
  try {
    if (byNode) {
      const { startNodeTls } = await import("./node_tls.ts");
      const checkHost = sslMode === "VERIFY_IDENTITY";
      return await startNodeTls(conn, { ...files, host, verify, checkHost });
    }
    return await startDenoTls(conn, options, files, verify ? host : NO_VERIFY_HOST);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    if (!REFUSED.test(reason)) {
      throw new ConnectionError(`Cannot begin TLS with the server: ${reason}`, { cause });
    }
    if (!verify && !byNode) {
      refusal = reason;
      throw new UnverifiedTlsError(`The server's certificate is refused: ${reason}`, { cause });
    }
    throw certificateRefused(reason, cause, await refusedHint(reason, files, verify));
  }
}

async function refusedHint(reason: string, files: TlsFiles, verify: boolean): Promise<string> {
  if (files.ca !== undefined && /UnknownIssuer/.test(reason) && await canSkipVerification()) {
    return "this runtime can't look at --ssl-ca; Deno 2.9 can (deno task dump …)";
  }
  return verify
    ? "give the CA that signed it with --ssl-ca, or accept any certificate with --ssl-mode=REQUIRED"
    : NO_TLS_HINT;
}
