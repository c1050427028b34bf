/** Answers of the authentication plugins against what real servers stored for the same passwords. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ed25519 } from "@noble/curves/ed25519";
import { Buffer } from "node:buffer";
import { createPublicKey, generateKeyPairSync, pbkdf2Sync, verify } from "node:crypto";
import { AuthError } from "../../lib/errors.ts";
import { cachingSha2Response } from "../../lib/protocol/auth_caching_sha2.ts";
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

const LONG = "ä long pässword that is longer than thirty-two bytes";
/** DER in front of a raw Ed25519 public key. */
const SPKI_PREFIX = unhex("302a300506032b6570032100");

function unhex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text.match(/../g)!, (pair) => parseInt(pair, 16));
}
function unbase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
function count(size: number, start = 0): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: size }, (_, i) => start + i);
}

const password = fc.string({ unit: "binary", minLength: 1, maxLength: 80 });
const scramble = fc.uint8Array({ minLength: 20, maxLength: 20 });

Deno.test("mysql_native_password: hashes that MariaDB stored, and only the right password", async () => {
  const stored = unhex("15773c6a29fed838eef0ae0e1fa0629602e1e1e8");
  assertEquals(nativePasswordHash(LONG), stored);
  await fc.assert(fc.asyncProperty(password, password, scramble, async (right, wrong, data) => {
    const hash = nativePasswordHash(right);
    assert(verifyNativePassword(await nativePasswordResponse(right, data), data, hash));
    const other = await nativePasswordResponse(wrong, data);
    assertEquals(verifyNativePassword(other, data, hash), wrong === right);
  }));
  // A scramble comes with a NUL at its end, which is none of it.
  const response = await nativePasswordResponse("secret", count(20, 40));
  const withNul = Uint8Array.of(...count(20, 40), 0);
  assertEquals(await nativePasswordResponse("secret", withNul), response);
});

Deno.test("caching_sha2_password: only the right password, and no bit may differ", async () => {
  await fc.assert(fc.asyncProperty(password, password, scramble, async (right, wrong, data) => {
    const hash = cachingSha2Hash(right);
    assert(verifyCachingSha2(await cachingSha2Response(right, data), data, hash));
    const other = await cachingSha2Response(wrong, data);
    assertEquals(verifyCachingSha2(other, data, hash), wrong === right);
  }));
  const response = await cachingSha2Response("secret", count(20));
  const hash = cachingSha2Hash("secret");
  for (let bit = 0; bit < 256; bit++) {
    const changed = response.slice();
    changed[bit >> 3]! ^= 1 << (bit & 7);
    assert(!verifyCachingSha2(changed, count(20), hash), `bit ${bit}`);
  }
  for (const size of [0, 1, 20, 31, 33]) {
    assert(!verifyCachingSha2(new Uint8Array(size), count(20), hash));
    assert(!verifyCachingSha2(response, count(20), new Uint8Array(size)));
  }
});

Deno.test("caching_sha2_password by RSA: a round trip, and typed errors for keys that are none", () => {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const data = count(20, 50);
  for (const text of ["", "secret", LONG, "x".repeat(213)]) {
    const cipher = encryptPassword(text, data, publicKey);
    assertEquals(cipher.length, 256);
    assertEquals(decryptPassword(cipher, data, privateKey), text);
    assert(decryptPassword(cipher, count(20, 51), privateKey) !== text || text === "");
  }
  const ec = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  for (const key of ["", "no key", publicKey.slice(0, 200), ec.publicKey]) {
    const error = assertThrows(() => encryptPassword("hunter2", data, key), AuthError, "encrypt");
    assert(!`${error.message} ${error.details.hint}`.includes("hunter2"));
  }
  assertThrows(() => encryptPassword("x".repeat(214), data, publicKey), AuthError, "encrypt");
});

Deno.test("client_ed25519: keys that MariaDB stored, and a signature known byte for byte", () => {
  const keys = {
    secret: "ZIgUREUg5PVgQ6LskhXmO+eZLS0nC8be6HPjYWR4YJY",
    [LONG]: "r8OhZVFQ6LI2P7VARCWC/Z2Ruh36xwat8xRwle2hX3M",
  };
  for (const [text, key] of Object.entries(keys)) {
    assertEquals(ed25519PublicKey(text), unbase64(key));
  }
  assertEquals(
    ed25519Response("secret", count(32)),
    unhex(
      "546c3e9311d19ee389d1ae5d945821bfe459423910136f16b3bd2ae89fd7d63b" +
        "449e689f4be812891a85b8f999076446d92adb83d0707215aaa60b5a23220907",
    ),
  );
});

Deno.test("client_ed25519: changed at each byte, cut, or for another nonce it proves nothing", () => {
  const key = ed25519PublicKey("secret");
  const response = ed25519Response("secret", count(32));
  for (let at = 0; at < 64; at++) {
    const changed = response.slice();
    changed[at]! ^= 1 << (at % 8);
    assert(!verifyEd25519(changed, count(32), key), `byte ${at}`);
  }
  for (const size of [0, 32, 63]) {
    assert(!verifyEd25519(response.subarray(0, size), count(32), key));
  }
  assert(!verifyEd25519(response, count(32, 1), key));
  assert(!verifyEd25519(response, count(32), key.subarray(1)));
  assert(!verifyEd25519(response, count(32), new Uint8Array(32).fill(0xff)));
  assert(!verifyEd25519(new Uint8Array(64), count(32), new Uint8Array(32)));
  assert(!verifyEd25519(new Uint8Array(64).fill(0xff), count(32), key));
});

/** What MariaDB 11.8 does with an answer: checks the signature with the key that it stored. */
function verifyParsec(response: Uint8Array, data: Uint8Array, key: Uint8Array): boolean {
  const der = Buffer.from([...SPKI_PREFIX, ...key]);
  const message = Uint8Array.of(...data, ...response.subarray(0, 32));
  return verify(
    null,
    message,
    createPublicKey({ key: der, format: "der", type: "spki" }),
    response.subarray(32),
  );
}

Deno.test("parsec: answers that fit the keys that MariaDB 11.8 stored, and no other password", () => {
  const stored = {
    // SHOW CREATE USER: P, iteration exponent, salt, public key.
    secret: ["gax8TfQVhriSc9vyHOX6RoHH", "I0A5pivZQAH+W79FACnHYSRnXo9Dv4o7jOUp7UgVmqU"],
    [LONG]: ["iXtyTw2+ndkvn5u4umPivV1F", "q42pjr8oldC7qEbyPh9/Fn+TuLABeihLN4LcF1nSR/E"],
  };
  const data = count(32, 9);
  for (const [text, [salt, key]] of Object.entries(stored)) {
    const extSalt = Uint8Array.of(0x50, 0, ...unbase64(salt!));
    const response = parsecResponse(text, data, extSalt);
    assertEquals(response.length, 96);
    assert(verifyParsec(response, data, unbase64(key!)));
    assert(!verifyParsec(response, count(32, 10), unbase64(key!)));
    assert(!verifyParsec(parsecResponse(`${text}x`, data, extSalt), data, unbase64(key!)));
    // The random part is another each time.
    assert(parsecResponse(text, data, extSalt).some((byte, i) => byte !== response[i]));
  }
});

Deno.test("parsec: the exponent of the salt doubles the rounds", () => {
  const salt = count(18, 3);
  for (const exponent of [0, 1, 3]) {
    const seed = pbkdf2Sync("secret", salt, 1024 << exponent, 32, "sha512");
    const publicKey = ed25519.getPublicKey(new Uint8Array(seed));
    const response = parsecResponse("secret", count(32), Uint8Array.of(0x50, exponent, ...salt));
    assert(verifyParsec(response, count(32), publicKey), `exponent ${exponent}`);
  }
});
