import { createHmac } from "node:crypto";
import type { AccountPlugin } from "./account.ts";

/**
 * The plugin by which somebody who has no account is led through a login: always the same one for a
 * name, and one that some account has, so that the answer does not tell who has one. `secret` stays
 * the same over restarts and is known to nobody.
 */
export function decoyPlugin(
  user: string,
  plugins: readonly AccountPlugin[],
  secret: string,
): AccountPlugin {
  if (plugins.length === 0) return "caching_sha2_password";
  const number = createHmac("sha256", secret).update(user).digest().readUInt32LE(0);
  return plugins[number % plugins.length]!;
}
