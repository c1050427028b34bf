import { ed25519 } from "@noble/curves/ed25519";
import { timingSafeEqual } from "node:crypto";
import { digestAtOnce } from "./digest_at_once.ts";

const UTF8 = new TextEncoder();
const POINT = ed25519.Point;
const ORDER = POINT.Fn.ORDER;

function numberLe(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return value;
}

function bytesLe(value: bigint): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(32);
  for (let i = 0; i < 32; i++) bytes[i] = Number((value >> BigInt(8 * i)) & 0xffn);
  return bytes;
}

/** The password's scalar and nonce prefix: SHA512 of the password itself, clamped. */
function expand(password: string): { scalar: bigint; prefix: Uint8Array } {
  const az = digestAtOnce("sha512", UTF8.encode(password));
  az[0]! &= 248;
  az[31] = (az[31]! & 63) | 64;
  return { scalar: numberLe(az.subarray(0, 32)) % ORDER, prefix: az.subarray(32) };
}

/** What MariaDB stores for the password: the public key, 32 bytes. */
export function ed25519PublicKey(password: string): Uint8Array {
  return POINT.BASE.multiply(expand(password).scalar).toBytes();
}

/**
 * Answer of MariaDB's client_ed25519 to a 32-byte nonce, 64 bytes. Not standard Ed25519: the seed
 * is the password of any length (plugin/auth_ed25519/ref10/sign.c), so WebCrypto can't do it.
 */
export function ed25519Response(password: string, nonce: Uint8Array): Uint8Array<ArrayBuffer> {
  const { scalar, prefix } = expand(password);
  const publicKey = POINT.BASE.multiply(scalar).toBytes();
  const r = numberLe(digestAtOnce("sha512", prefix, nonce)) % ORDER;
  const R = POINT.BASE.multiply(r).toBytes();
  const k = numberLe(digestAtOnce("sha512", R, publicKey, nonce)) % ORDER;
  const response = new Uint8Array(64);
  response.set(R);
  response.set(bytesLe((r + k * scalar) % ORDER), 32);
  return response;
}

/** Whether `response` signs `nonce` with the password behind `publicKey`: S*B = R + k*A. */
export function verifyEd25519(
  response: Uint8Array,
  nonce: Uint8Array,
  publicKey: Uint8Array,
): boolean {
  if (response.length !== 64 || publicKey.length !== 32) return false;
  try {
    const s = numberLe(response.subarray(32));
    if (s >= ORDER || s === 0n) return false;
    const R = response.subarray(0, 32);
    const k = numberLe(digestAtOnce("sha512", R, publicKey, nonce)) % ORDER;
    const left = POINT.BASE.multiply(s);
    const right = POINT.fromBytes(R).add(POINT.fromBytes(publicKey).multiply(k));
    return timingSafeEqual(left.toBytes(), right.toBytes());
  } catch {
    return false; // bytes that are no point on the curve
  }
}
