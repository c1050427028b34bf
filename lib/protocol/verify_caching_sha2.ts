import { createHash, timingSafeEqual } from "node:crypto";
import { xor } from "../bytes/xor.ts";

const UTF8 = new TextEncoder();

function sha256(...parts: Uint8Array[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
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
