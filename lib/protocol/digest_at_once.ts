import { createHash } from "node:crypto";

/** {@link digest} by node:crypto, for whoever has loaded that anyway and can't wait. */
export function digestAtOnce(
  algorithm: "sha1" | "sha256" | "sha512",
  ...parts: Uint8Array[]
): Uint8Array {
  const hash = createHash(algorithm);
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}
