import { createPrivateKey, pbkdf2Sync, randomBytes, sign } from "node:crypto";
import { ProtocolError } from "../errors.ts";

/** PKCS #8 header in front of a 32-byte Ed25519 seed. */
const PKCS8_PREFIX = Uint8Array.of(
  0x30,
  0x2e,
  0x02,
  0x01,
  0x00,
  0x30,
  0x05,
  0x06,
  0x03,
  0x2b,
  0x65,
  0x70,
  0x04,
  0x22,
  0x04,
  0x20,
);
const SALT_SIZE = 18;
/** Exponents above this would take seconds of work; servers use 0 to 3. */
const EXPONENT_MAX = 6;

/**
 * Answer of MariaDB's parsec (11.6 and later). The server's 32-byte scramble comes first; the
 * client asks for the salt with an empty packet and gets: 'P', u8 iteration exponent n, 18 bytes of
 * salt. Key: PBKDF2-HMAC-SHA512 over 1024 * 2^n rounds as Ed25519 seed. Answer: 32 random bytes,
 * then the signature of server scramble and those bytes.
 */
export function parsecResponse(
  password: string,
  scramble: Uint8Array,
  extSalt: Uint8Array,
  random: Uint8Array = randomBytes(32),
): Uint8Array<ArrayBuffer> {
  if (extSalt.length !== SALT_SIZE + 2 || extSalt[0] !== 0x50 || extSalt[1]! > EXPONENT_MAX) {
    throw new ProtocolError("Cannot read parsec salt: it is not of a known kind", {
      expected: "'P', an exponent of 0 to 3, 18 bytes",
      found: `${extSalt.length} bytes`,
    });
  }
  const rounds = 1024 << extSalt[1]!;
  const seed = pbkdf2Sync(password, extSalt.subarray(2), rounds, 32, "sha512");
  const der = new Uint8Array(PKCS8_PREFIX.length + 32);
  der.set(PKCS8_PREFIX);
  der.set(seed, PKCS8_PREFIX.length);
  // deno-lint-ignore no-explicit-any -- node's type asks for a Buffer where bytes do
  const key = createPrivateKey({ key: der as any, format: "der", type: "pkcs8" });
  const message = new Uint8Array(64);
  message.set(scramble.subarray(0, 32));
  message.set(random, 32);
  const response = new Uint8Array(96);
  response.set(random);
  response.set(sign(null, message, key), 32);
  return response;
}
