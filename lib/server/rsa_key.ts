import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { UsageError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { writeFileAtomic } from "../store/write_file_atomic.ts";
import { warnOfReaders } from "./warn_of_readers.ts";

/** Name of the key that is made beside the users file. */
export const RSA_KEY_FILE = "binlogd-rsa-key.pem";
const RSA_BITS = 2048;

/** Key for passwords that are sent over plain TCP by caching_sha2_password. */
export interface RsaKey {
  privatePem: string;
  publicPem: string;
}

function fromPrivate(path: string, privatePem: string): RsaKey {
  try {
    const key = createPublicKey(privatePem);
    if (key.asymmetricKeyType !== "rsa") throw new Error("it is no RSA key");
    return { privatePem, publicPem: key.export({ type: "spki", format: "pem" }).toString() };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`Cannot use RSA key ${path}: ${reason}`, { file: path, cause });
  }
}

/**
 * The key in `given`, which has to be there, or the one beside the users file, made if need be with
 * mode 0600. Where that folder can't be written the key lives as long as the process.
 */
export async function loadRsaKey(
  given: string | undefined,
  folder: string,
  log: Logger,
): Promise<RsaKey> {
  const path = given ?? `${folder}/${RSA_KEY_FILE}`;
  await warnOfReaders(path, log);
  try {
    return fromPrivate(path, await Deno.readTextFile(path));
  } catch (cause) {
    if (given !== undefined || !(cause instanceof Deno.errors.NotFound)) {
      if (cause instanceof UsageError) throw cause;
      throw new UsageError(`Cannot read RSA key ${path}`, { file: path, cause });
    }
  }
  const pair = generateKeyPairSync("rsa", {
    modulusLength: RSA_BITS,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  try {
    await writeSecret(path, pair.privateKey);
    log.info("made an RSA key", { file: path });
  } catch (error) {
    log.warning("cannot keep the RSA key; clients see another one after a restart", {
      file: path,
      error: (error as Error).message,
    });
  }
  return { privatePem: pair.privateKey, publicPem: pair.publicKey };
}

/**
 * Writes a file that only its owner may read, from its first byte on; where it replaces one, those who
 * could read that.
 */
export async function writeSecret(path: string, text: string): Promise<void> {
  await writeFileAtomic(path, text, 0o600);
}
