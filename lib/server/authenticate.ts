import { CACHING_SHA2 } from "../protocol/auth_caching_sha2.ts";
import { verifyEd25519 } from "../protocol/auth_ed25519.ts";
import { decryptPassword } from "../protocol/auth_rsa.ts";
import type { PacketChannel } from "../protocol/packet_channel.ts";
import { verifyCachingSha2 } from "../protocol/verify_caching_sha2.ts";
import { verifyNativePassword } from "../protocol/verify_native_password.ts";
import type { Account, AccountPlugin } from "./account.ts";
import type { FastHashes } from "./fast_hashes.ts";
import { hashBytes, verifySaltedHash } from "./password_hash.ts";
import type { RsaKey } from "./rsa_key.ts";

/** Largest packet in the conversation of a plugin. */
const ANSWER_MAX = 4096;
const AUTH_MORE_DATA = 1;
/** The salted hash of nobody's password: who is unknown takes as long as who is known. */
const NOBODY = `pbkdf2-sha512$60000$${"00".repeat(16)}$${"00".repeat(32)}`;
/** The same for the other plugins; for ed25519 a public key has to be a point of the curve. */
const NOBODYS_BYTES: Partial<Record<AccountPlugin, Uint8Array>> = {
  mysql_native_password: new Uint8Array(20),
  ed25519: Uint8Array.of(0x58, ...new Uint8Array(31).fill(0x66)),
};

/** What the plugins work with. */
export interface AuthContext {
  channel: PacketChannel;
  scramble: Uint8Array;
  tls: boolean;
  rsaKey: RsaKey;
  fastHashes: FastHashes;
}

/** Runs a plugin to its end; false where the password is wrong or there is no such account. */
export async function authenticate(
  plugin: AccountPlugin,
  account: Account | undefined,
  response: Uint8Array,
  context: AuthContext,
): Promise<boolean> {
  if (plugin === "caching_sha2_password") return await cachingSha2(account, response, context);
  const stored = account ? hashBytes(plugin, account.passwordHash) : NOBODYS_BYTES[plugin];
  if (!stored) return false;
  const proved = plugin === "ed25519"
    ? verifyEd25519(response, context.scramble, stored)
    : verifyNativePassword(response, context.scramble, stored);
  return proved && account !== undefined;
}

/** See sql/auth/sha2_password.cc caching_sha2_password_authenticate. */
async function cachingSha2(
  account: Account | undefined,
  response: Uint8Array,
  context: AuthContext,
): Promise<boolean> {
  const { channel, scramble, fastHashes } = context;
  // No password, sent as nothing or one NUL: no account is without one.
  if (response.length <= 1) return false;
  const known = account && fastHashes.get(account);
  if (known && verifyCachingSha2(response, scramble, known)) {
    await channel.write(Uint8Array.of(AUTH_MORE_DATA, CACHING_SHA2.FAST_AUTH_SUCCESS));
    return true;
  }
  await channel.write(Uint8Array.of(AUTH_MORE_DATA, CACHING_SHA2.PERFORM_FULL_AUTHENTICATION));
  const password = await receivePassword(context);
  if (password === undefined) return false;
  const proved = await verifySaltedHash(account?.passwordHash ?? NOBODY, password);
  if (account && proved) fastHashes.remember(account, password);
  return account !== undefined && proved;
}

/** The password itself: clear within TLS, else encrypted with our key, which the client may ask for. */
async function receivePassword(context: AuthContext): Promise<string | undefined> {
  const { channel, scramble, tls, rsaKey } = context;
  let answer = await channel.read(ANSWER_MAX);
  if (tls) {
    const end = answer.indexOf(0);
    return new TextDecoder().decode(end < 0 ? answer : answer.subarray(0, end));
  }
  if (answer.length === 1 && answer[0] === CACHING_SHA2.REQUEST_PUBLIC_KEY) {
    const pem = new TextEncoder().encode(rsaKey.publicPem);
    const packet = new Uint8Array(1 + pem.length);
    packet[0] = AUTH_MORE_DATA;
    packet.set(pem, 1);
    await channel.write(packet);
    answer = await channel.read(ANSWER_MAX);
  }
  try {
    return decryptPassword(answer, scramble, rsaKey.privatePem);
  } catch {
    return undefined; // encrypted for another key, or not at all
  }
}
