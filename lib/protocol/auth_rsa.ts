import { constants, privateDecrypt, publicEncrypt } from "node:crypto";
import { xor } from "../bytes/xor.ts";
import { AuthError } from "../errors.ts";
import { clearPassword } from "./auth_caching_sha2.ts";

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
