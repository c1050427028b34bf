import { timingSafeEqual } from "node:crypto";
import { xor } from "../bytes/xor.ts";
import { digestAtOnce } from "./digest_at_once.ts";

const UTF8 = new TextEncoder();

/** What a server's cache keeps: SHA256(SHA256(password)). */
export function cachingSha2Hash(password: string): Uint8Array {
  return digestAtOnce("sha256", digestAtOnce("sha256", UTF8.encode(password)));
}

/** Whether `response` was made with the password behind `hash`. */
export function verifyCachingSha2(
  response: Uint8Array,
  scramble: Uint8Array,
  hash: Uint8Array,
): boolean {
  if (response.length !== 32 || hash.length !== 32) return false;
  const once = xor(response, digestAtOnce("sha256", hash, scramble.subarray(0, 20)));
  return timingSafeEqual(digestAtOnce("sha256", once), hash);
}
