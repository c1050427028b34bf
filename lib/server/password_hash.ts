import { pbkdf2, randomBytes, timingSafeEqual } from "node:crypto";
import { ed25519PublicKey } from "../protocol/auth_ed25519.ts";
import { nativePasswordHash } from "../protocol/verify_native_password.ts";
import type { AccountPlugin } from "./account.ts";

const ROUNDS = 60_000;
const ROUNDS_MAX = 10_000_000;
const HASH_SIZE = 32;
const SALT_SIZE = 16;
const SCHEME = "pbkdf2-sha512";

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Bytes of a hexadecimal text; undefined where it is none. */
function unhex(text: string): Uint8Array | undefined {
  if (!/^([0-9a-fA-F]{2})+$/.test(text)) return undefined;
  return Uint8Array.from(text.match(/../g)!, (pair) => parseInt(pair, 16));
}

function derive(password: string, salt: Uint8Array, rounds: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    pbkdf2(password, salt, rounds, HASH_SIZE, "sha512", (error, key) => {
      if (error) reject(error);
      else resolve(new Uint8Array(key));
    });
  });
}

/**
 * What the users file keeps of a password:
 *
 *     mysql_native_password   `*` and SHA1(SHA1(password)) in hexadecimal, as servers do
 *     ed25519                 the public key in base64 without `=`, as MariaDB does
 *     caching_sha2_password   `pbkdf2-sha512$rounds$salt$hash`, hexadecimal: slow to try passwords on.
 *                             The fast hash that the plugin compares with is kept in memory, once
 *                             the password itself was seen over TLS or RSA
 */
export async function hashPassword(plugin: AccountPlugin, password: string): Promise<string> {
  if (plugin === "mysql_native_password") {
    return `*${hex(nativePasswordHash(password)).toUpperCase()}`;
  }
  if (plugin === "ed25519") {
    return btoa(String.fromCharCode(...ed25519PublicKey(password))).replace(/=+$/, "");
  }
  const salt = new Uint8Array(randomBytes(SALT_SIZE));
  return `${SCHEME}$${ROUNDS}$${hex(salt)}$${hex(await derive(password, salt, ROUNDS))}`;
}

/** The bytes that a hash of mysql_native_password or ed25519 stands for; undefined: not readable. */
export function hashBytes(plugin: AccountPlugin, hash: string): Uint8Array | undefined {
  if (plugin === "mysql_native_password") {
    const bytes = /^\*/.test(hash) ? unhex(hash.slice(1)) : undefined;
    return bytes?.length === 20 ? bytes : undefined;
  }
  try {
    const bytes = Uint8Array.from(atob(hash), (char) => char.charCodeAt(0));
    return bytes.length === 32 ? bytes : undefined;
  } catch {
    return undefined;
  }
}

function saltedParts(
  hash: string,
): { rounds: number; salt: Uint8Array; key: Uint8Array } | undefined {
  const [scheme, roundsText, saltText, keyText] = hash.split("$");
  const rounds = Number(roundsText);
  const salt = unhex(saltText ?? "");
  const key = unhex(keyText ?? "");
  const good = scheme === SCHEME && Number.isInteger(rounds) && rounds >= 1000 &&
    rounds <= ROUNDS_MAX && salt && key?.length === HASH_SIZE;
  return good ? { rounds, salt, key } : undefined;
}

/** Whether a hash is of the form that {@link hashPassword} gives for the plugin. */
export function isPasswordHash(plugin: AccountPlugin, hash: string): boolean {
  if (plugin === "caching_sha2_password") return saltedParts(hash) !== undefined;
  return hashBytes(plugin, hash) !== undefined;
}

/** Whether `password` is the one behind a salted hash. */
export async function verifySaltedHash(hash: string, password: string): Promise<boolean> {
  const parts = saltedParts(hash);
  if (!parts) return false;
  const key = await derive(password, parts.salt, parts.rounds);
  return timingSafeEqual(key, parts.key);
}
