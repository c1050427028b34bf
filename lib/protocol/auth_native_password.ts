import { createHash, timingSafeEqual } from "node:crypto";

const UTF8 = new TextEncoder();

function sha1(...parts: Uint8Array[]): Uint8Array {
  const hash = createHash("sha1");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

function xor(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(a, (byte, i) => byte ^ b[i]!);
}

/**
 * Answer of mysql_native_password: SHA1(password) XOR SHA1(scramble, SHA1(SHA1(password))), 20
 * bytes; nothing for an empty password.
 */
export function nativePasswordResponse(
  password: string,
  scramble: Uint8Array,
): Uint8Array<ArrayBuffer> {
  if (password === "") return new Uint8Array(0);
  const once = sha1(UTF8.encode(password));
  return xor(once, sha1(scramble.subarray(0, 20), sha1(once)));
}

/** What a server keeps of a password: SHA1(SHA1(password)). */
export function nativePasswordHash(password: string): Uint8Array {
  return sha1(sha1(UTF8.encode(password)));
}

/** Whether `response` was made with the password behind `hash`. */
export function verifyNativePassword(
  response: Uint8Array,
  scramble: Uint8Array,
  hash: Uint8Array,
): boolean {
  if (response.length !== 20 || hash.length !== 20) return false;
  const once = xor(response, sha1(scramble.subarray(0, 20), hash));
  return timingSafeEqual(sha1(once), hash);
}
