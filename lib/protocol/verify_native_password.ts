import { timingSafeEqual } from "node:crypto";
import { xor } from "../bytes/xor.ts";
import { digestAtOnce } from "./digest_at_once.ts";

const UTF8 = new TextEncoder();

/** What a server keeps of a password: SHA1(SHA1(password)). */
export function nativePasswordHash(password: string): Uint8Array {
  return digestAtOnce("sha1", digestAtOnce("sha1", UTF8.encode(password)));
}

/** Whether `response` was made with the password behind `hash`. */
export function verifyNativePassword(
  response: Uint8Array,
  scramble: Uint8Array,
  hash: Uint8Array,
): boolean {
  if (response.length !== 20 || hash.length !== 20) return false;
  const once = xor(response, digestAtOnce("sha1", scramble.subarray(0, 20), hash));
  return timingSafeEqual(digestAtOnce("sha1", once), hash);
}
