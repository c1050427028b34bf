import { concat } from "@std/bytes";

/**
 * Hash of these bytes, one part after the other. By WebCrypto, which is there when a program starts;
 * node:crypto has to be loaded, and that takes longer than a login.
 */
export async function digest(
  algorithm: "SHA-1" | "SHA-256",
  ...parts: Uint8Array[]
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest(algorithm, concat(parts)));
}
