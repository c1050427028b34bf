import type { TlsOptions } from "./tls_relay.ts";

const VALID_YEARS = 20;
const P256_PART = 32;

/** A DER element: tag, length, content. */
function der(tag: number, ...parts: Uint8Array[]): Uint8Array {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  const length = size < 0x80
    ? [size]
    : size < 0x100
    ? [0x81, size]
    : [0x82, size >> 8, size & 0xff];
  const bytes = new Uint8Array(1 + length.length + size);
  bytes.set([tag, ...length]);
  let at = 1 + length.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

const sequence = (...parts: Uint8Array[]): Uint8Array => der(0x30, ...parts);
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const oid = (...bytes: number[]): Uint8Array => der(0x06, Uint8Array.from(bytes));

/** 1.2.840.10045.4.3.2 */
const ECDSA_WITH_SHA256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
/** 2.5.4.3 */
const COMMON_NAME = oid(0x55, 0x04, 0x03);
/** 2.5.29.17 and 2.5.29.19 */
const SUBJECT_ALT_NAME = oid(0x55, 0x1d, 0x11);
const BASIC_CONSTRAINTS = oid(0x55, 0x1d, 0x13);

/** A positive INTEGER: no leading zeros, but one where the first bit is set. */
function integer(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const value = bytes.subarray(start);
  return value[0]! & 0x80 ? der(0x02, Uint8Array.of(0), value) : der(0x02, value);
}

function time(date: Date): Uint8Array {
  // UTCTime, as it has to be before 2050.
  return der(0x17, text(date.toISOString().slice(2).replace(/[-:T]|\.\d+/g, "")));
}

function pem(label: string, bytes: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...bytes)).replace(/.{64}/g, "$&\n");
  return `-----BEGIN ${label}-----\n${base64.trimEnd()}\n-----END ${label}-----\n`;
}

/**
 * Makes a certificate that nobody has signed but itself (X.509 v3, ECDSA P-256), for this host name
 * and localhost, and its key.
 */
export async function makeCertificate(hostname: string): Promise<TlsOptions> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const pair = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const publicKey = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
  const privateKey = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  const name = sequence(
    der(0x31, sequence(COMMON_NAME, der(0x0c, text(`binlogd ${hostname}`.slice(0, 64))))),
  );
  const now = new Date();
  const end = new Date(now);
  end.setUTCFullYear(end.getUTCFullYear() + VALID_YEARS);
  const alternative = sequence(
    der(0x82, text(hostname)),
    der(0x82, text("localhost")),
    der(0x87, Uint8Array.of(127, 0, 0, 1)),
  );
  const extensions = sequence(
    sequence(
      BASIC_CONSTRAINTS,
      der(0x01, Uint8Array.of(0xff)),
      der(
        0x04,
        sequence(
          der(0x01, Uint8Array.of(0xff)),
        ),
      ),
    ),
    sequence(SUBJECT_ALT_NAME, der(0x04, alternative)),
  );
  const content = sequence(
    der(0xa0, der(0x02, Uint8Array.of(2))),
    integer(crypto.getRandomValues(new Uint8Array(16))),
    ECDSA_WITH_SHA256,
    name,
    sequence(time(now), time(end)),
    name,
    publicKey,
    der(0xa3, extensions),
  );
  const signature = new Uint8Array(
    await crypto.subtle.sign(
      { name: "ECDSA", hash: "SHA-256" },
      pair.privateKey,
      content as Uint8Array<ArrayBuffer>,
    ),
  );
  const signed = sequence(
    integer(signature.subarray(0, P256_PART)),
    integer(signature.subarray(P256_PART)),
  );
  const certificate = sequence(
    content,
    ECDSA_WITH_SHA256,
    der(0x03, Uint8Array.of(0), signed),
  );
  return { cert: pem("CERTIFICATE", certificate), key: pem("PRIVATE KEY", privateKey) };
}
