/** What a client proves with, and that a server with the account's hash takes that and no other. */
import { assertEquals, assertThrows } from "@std/assert";
import { generateKeyPairSync } from "node:crypto";
import { cachingSha2Response, clearPassword } from "../../lib/protocol/auth_caching_sha2.ts";
import {
  ed25519PublicKey,
  ed25519Response,
  verifyEd25519,
} from "../../lib/protocol/auth_ed25519.ts";
import { nativePasswordResponse } from "../../lib/protocol/auth_native_password.ts";
import { parsecResponse } from "../../lib/protocol/auth_parsec.ts";
import { decryptPassword, encryptPassword } from "../../lib/protocol/auth_rsa.ts";
import { cachingSha2Hash, verifyCachingSha2 } from "../../lib/protocol/verify_caching_sha2.ts";
import {
  nativePasswordHash,
  verifyNativePassword,
} from "../../lib/protocol/verify_native_password.ts";
import { BinlogdError } from "../../lib/errors.ts";

const scramble = Uint8Array.from({ length: 20 }, (_, i) => 33 + i * 3);
const nonce = Uint8Array.from({ length: 32 }, (_, i) => i * 7);

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

Deno.test("mysql_native_password: the stored hash is SHA1(SHA1(password)), as servers show it", async () => {
  // SELECT PASSWORD('secret') of MariaDB: *14E65567ABDB5135D0CFD9A70B3032C179A49EE7
  const hash = nativePasswordHash("secret");
  assertEquals(hex(hash).toUpperCase(), "14E65567ABDB5135D0CFD9A70B3032C179A49EE7");
  const response = await nativePasswordResponse("secret", scramble);
  assertEquals(response.length, 20);
  assertEquals(verifyNativePassword(response, scramble, hash), true);
  const other = await nativePasswordResponse("Secret", scramble);
  assertEquals(verifyNativePassword(other, scramble, hash), false);
  assertEquals(verifyNativePassword(response.subarray(1), scramble, hash), false);
  assertEquals((await nativePasswordResponse("", scramble)).length, 0);
});

Deno.test("caching_sha2_password: the fast answer, and the password by RSA", async () => {
  const hash = cachingSha2Hash("secret");
  const response = await cachingSha2Response("secret", scramble);
  assertEquals(response.length, 32);
  assertEquals(verifyCachingSha2(response, scramble, hash), true);
  assertEquals(verifyCachingSha2(await cachingSha2Response("x", scramble), scramble, hash), false);
  const other = scramble.slice().fill(9, 0, 1);
  assertEquals(verifyCachingSha2(response, other, hash), false);
  assertEquals([...clearPassword("ä")], [0xc3, 0xa4, 0]);
  const { publicKey, privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  for (const password of ["secret", "", "a much longer password than a scramble is, with ä"]) {
    // MySQL ends its key file with a NUL.
    const cipher = encryptPassword(password, scramble, `${publicKey}\0`);
    assertEquals(decryptPassword(cipher, scramble, privateKey), password);
  }
  const cipher = encryptPassword("secret", scramble, publicKey);
  cipher[0]! ^= 1;
  assertThrows(() => decryptPassword(cipher, scramble, privateKey));
});

Deno.test("client_ed25519: the key of a known account, and a signature for it", () => {
  // SELECT ed25519_password('secret') of MariaDB.
  const key = ed25519PublicKey("secret");
  assertEquals(
    btoa(String.fromCharCode(...key)).replace(/=+$/, ""),
    "ZIgUREUg5PVgQ6LskhXmO+eZLS0nC8be6HPjYWR4YJY",
  );
  const response = ed25519Response("secret", nonce);
  assertEquals(response.length, 64);
  assertEquals(verifyEd25519(response, nonce, key), true);
  assertEquals(verifyEd25519(ed25519Response("Secret", nonce), nonce, key), false);
  const flipped = response.slice();
  flipped[40]! ^= 1;
  assertEquals(verifyEd25519(flipped, nonce, key), false);
});

Deno.test("parsec: a salt of another kind is refused, an answer has random bytes and a signature", () => {
  const salt = Uint8Array.from([0x50, 0, ...new Uint8Array(18).fill(5)]);
  const random = new Uint8Array(32).fill(3);
  const response = parsecResponse("secret", nonce, salt, random);
  assertEquals(response.length, 96);
  assertEquals(response.subarray(0, 32), random);
  assertEquals(parsecResponse("secret", nonce, salt, random), response);
  for (
    const wrong of [
      salt.subarray(1),
      salt.subarray(0, 19),
      Uint8Array.from([0x50, 9, ...salt.subarray(2)]),
    ]
  ) {
    assertThrows(() => parsecResponse("secret", nonce, wrong, random), BinlogdError);
  }
});
