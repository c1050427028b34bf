import { createHash, timingSafeEqual } from "node:crypto";
import { xor } from "../bytes/xor.ts";

const UTF8 = new TextEncoder();

function sha1(...parts: Uint8Array[]): Uint8Array {
  const hash = createHash("sha1");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
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
