import { constants, createHash, privateDecrypt, publicEncrypt, timingSafeEqual } from "node:crypto";
import { AuthError } from "../errors.ts";

const UTF8 = new TextEncoder();

/** Packets of the plugin's conversation, each behind the AuthMoreData byte 0x01. */
export const CACHING_SHA2 = {
  /** Client: send me the public key. */
  REQUEST_PUBLIC_KEY: 2,
  /** Server: the hash was in the cache, OK follows. */
  FAST_AUTH_SUCCESS: 3,
  /** Server: send the password itself, encrypted. */
  PERFORM_FULL_AUTHENTICATION: 4,
} as const;

function sha256(...parts: Uint8Array[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

function xor(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(a, (byte, i) => byte ^ b[i % b.length]!);
}

/**
 * Fast answer of caching_sha2_password: SHA256(password) XOR SHA256(SHA256(SHA256(password)),
 * scramble), 32 bytes; nothing for an empty password.
 */
export function cachingSha2Response(
  password: string,
  scramble: Uint8Array,
): Uint8Array<ArrayBuffer> {
  if (password === "") return new Uint8Array(0);
  const once = sha256(UTF8.encode(password));
  return xor(once, sha256(sha256(once), scramble.subarray(0, 20)));
}

/** What a server's cache keeps: SHA256(SHA256(password)). */
export function cachingSha2Hash(password: string): Uint8Array {
  return sha256(sha256(UTF8.encode(password)));
}

/** Whether `response` was made with the password behind `hash`. */
export function verifyCachingSha2(
  response: Uint8Array,
  scramble: Uint8Array,
  hash: Uint8Array,
): boolean {
  if (response.length !== 32 || hash.length !== 32) return false;
  const once = xor(response, sha256(hash, scramble.subarray(0, 20)));
  return timingSafeEqual(sha256(once), hash);
}

/** The password as sent over an encrypted connection: clear, with a NUL. */
export function clearPassword(password: string): Uint8Array<ArrayBuffer> {
  return UTF8.encode(password + "\0");
}

/**
 * The password as sent over plain TCP: (password, NUL) XOR scramble, encrypted with the server's
 * RSA key by OAEP with SHA-1. Also used by sha256_password.
 * @throws {AuthError} where that is no RSA key, or one too small for the password.
 */
export function encryptPassword(
  password: string,
  scramble: Uint8Array,
  publicKeyPem: string,
): Uint8Array {
  const mixed = xor(clearPassword(password), scramble.subarray(0, 20));
  try {
    return new Uint8Array(publicEncrypt({
      // MySQL ends the key file that it makes with a NUL.
      key: publicKeyPem.replace(/\0+$/, ""),
      padding: constants.RSA_PKCS1_OAEP_PADDING,
      oaepHash: "sha1",
    }, mixed));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AuthError(`Cannot encrypt the password with the server's key: ${reason}`, {
      cause,
      hint: "is it the server's public RSA key? TLS (--ssl-mode=REQUIRED) does without",
    });
  }
}

/** The server's side of {@link encryptPassword}. Throws where the cipher is not for this key. */
export function decryptPassword(
  cipher: Uint8Array,
  scramble: Uint8Array,
  privateKeyPem: string,
): string {
  const mixed = privateDecrypt({
    key: privateKeyPem,
    padding: constants.RSA_PKCS1_OAEP_PADDING,
    oaepHash: "sha1",
  }, cipher);
  const clear = xor(new Uint8Array(mixed), scramble.subarray(0, 20));
  const end = clear.indexOf(0);
  return new TextDecoder().decode(end < 0 ? clear : clear.subarray(0, end));
}
