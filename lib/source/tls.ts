import { AuthError, ConnectionError } from "../errors.ts";
import type { SourceOptions } from "./source_options.ts";

/**
 * Host name for which the runtime was started without certificate verification
 * (--unsafely-ignore-certificate-errors=no-verify.invalid). No real host has it (RFC 2606), so every
 * connection that names its own host is still verified.
 */
export const NO_VERIFY_HOST = "no-verify.invalid";

/** Whether this runtime can do TLS without verification: it was started with the flag for it. */
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

/** Whether {@link startTls} can work for REQUIRED and PREFERRED here. */
export function canSkipVerification(): Promise<boolean> {
  return noVerify ??= probeNoVerify().catch(() => false);
}

async function readPem(path: string, what: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AuthError(`Cannot read ${what} ${path}: ${reason}`, { file: path, cause });
  }
}

/**
 * Begins TLS on a connection after the SSLRequest was sent. VERIFY_IDENTITY checks chain and host
 * name, VERIFY_CA the chain alone, REQUIRED and PREFERRED neither.
 * @throws {AuthError} where the certificate is refused. {ConnectionError} where TLS fails otherwise.
 */
export async function startTls(conn: Deno.TcpConn, options: SourceOptions): Promise<Deno.TlsConn> {
  const { sslMode, sslCa, sslCert, sslKey } = options;
  const verify = sslMode === "VERIFY_CA" || sslMode === "VERIFY_IDENTITY";
  const host = options.host ?? "127.0.0.1";
  const settings: Record<string, unknown> = { hostname: verify ? host : NO_VERIFY_HOST };
  if (sslCa !== undefined && verify) settings.caCerts = [await readPem(sslCa, "--ssl-ca")];
  if (sslMode === "VERIFY_CA") settings.unsafelyDisableHostnameVerification = true;
  if (sslCert !== undefined && sslKey !== undefined) {
    settings.cert = await readPem(sslCert, "--ssl-cert");
    settings.key = await readPem(sslKey, "--ssl-key");
  }
  try {
    const tls = await Deno.startTls(conn, settings as Deno.StartTlsOptions);
    await tls.handshake();
    return tls;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    if (/certificate|UnknownIssuer|NotValidForName/i.test(reason)) {
      throw new AuthError(`The server's certificate is refused: ${reason}`, {
        cause,
        hint: verify
          ? "give the CA that signed it with --ssl-ca, or accept any certificate with " +
            "--ssl-mode=REQUIRED"
          : "--ssl-mode=DISABLED goes without TLS",
      });
    }
    throw new ConnectionError(`Cannot begin TLS with the server: ${reason}`, { cause });
  }
}
