import { xor } from "../bytes/xor.ts";
import { digest } from "./digest.ts";

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

/**
 * Fast answer of caching_sha2_password: SHA256(password) XOR SHA256(SHA256(SHA256(password)),
 * scramble), 32 bytes; nothing for an empty password.
 */
export async function cachingSha2Response(
  password: string,
  scramble: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  if (password === "") return new Uint8Array(0);
  const once = await digest("SHA-256", UTF8.encode(password));
  const twice = await digest("SHA-256", once);
  return xor(once, await digest("SHA-256", twice, scramble.subarray(0, 20)));
}

/** The password as sent over an encrypted connection: clear, with a NUL. */
export function clearPassword(password: string): Uint8Array<ArrayBuffer> {
  return UTF8.encode(password + "\0");
}
