import { UsageError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { storeStep } from "../store/store_step.ts";
import { writeFileAtomic } from "../store/write_file_atomic.ts";
import { writeSecret } from "./rsa_key.ts";
import { makeCertificate } from "./self_made_certificate.ts";
import type { TlsOptions } from "./tls_relay.ts";

/** Names of the certificate and key that are made beside the users file. */
export const TLS_CERT_FILE = "binlogd-tls-cert.pem";
/** See {@link TLS_CERT_FILE}. */
export const TLS_KEY_FILE = "binlogd-tls-key.pem";

async function readPem(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`Cannot read ${path}: ${reason}`, { file: path, cause });
  }
}

/** Reads certificate and key. Throws UsageError. */
export async function readTls(cert: string, key: string): Promise<TlsOptions> {
  return { cert: await readPem(cert), key: await readPem(key) };
}

/**
 * The certificate of our own beside the users file, made if it is not there.
 * @throws {StoreIoError} where it can't be written.
 */
export async function loadOrMakeTls(users: string, log: Logger): Promise<TlsOptions> {
  const slash = users.lastIndexOf("/");
  const folder = slash < 0 ? "." : users.slice(0, slash) || "/";
  const paths = { cert: `${folder}/${TLS_CERT_FILE}`, key: `${folder}/${TLS_KEY_FILE}` };
  const there = await Deno.stat(paths.cert).then(() => true, () => false);
  if (there) return await readTls(paths.cert, paths.key);
  const made = await makeCertificate(Deno.hostname());
  await storeStep("write", paths.key, () => writeSecret(paths.key, made.key));
  await storeStep("write", paths.cert, () => writeFileAtomic(paths.cert, made.cert));
  log.info("made a TLS certificate", { file: paths.cert });
  return made;
}
