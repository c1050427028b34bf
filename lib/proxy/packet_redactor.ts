import { CAPABILITY } from "../protocol/capabilities.ts";
import { queryTextOffset } from "./describe_command.ts";
import { isSslRequest } from "./describe_connection.ts";
import { FieldReader } from "./field_reader.ts";
import { FILLER, SqlRedactor } from "./sql_redactor.ts";

const QUOTE = 0x27;
/** Offset of the user name in a login of protocol 4.1, and in those of before. */
const USER_OFFSET = 32;
const OLD_USER_OFFSET = 5;
const REGISTER_HOST_OFFSET = 5;
const OK_MIN = 7;
const PROOF_SIZE = 64;

function fill(bytes: Uint8Array, start: number, end: number = bytes.length): void {
  if (start < end) bytes.fill(FILLER, start, Math.min(end, bytes.length));
}

/** Overwrites the authentication response of a login, in place. What can't be read goes too. */
export function redactLogin(bytes: Uint8Array): void {
  if (isSslRequest(bytes, bytes.length)) return;
  const flags = (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8) | ((bytes[2] ?? 0) << 16);
  const current = (flags & CAPABILITY.CLIENT_PROTOCOL_41) !== 0;
  const user = bytes.indexOf(0, current ? USER_OFFSET : OLD_USER_OFFSET);
  if (user < 0) return fill(bytes, current ? USER_OFFSET : OLD_USER_OFFSET);
  const at = user + 1;
  if (!current) return fill(bytes, at);
  redactResponse(bytes, at, flags);
}

/** The response at `at`: behind a length, or up to a NUL. */
function redactResponse(bytes: Uint8Array, at: number, flags: number): void {
  const size = bytes[at];
  if (size === undefined) return;
  if (flags & CAPABILITY.CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA) {
    if (size < 0xfb) return fill(bytes, at + 1, at + 1 + size);
    const long = size === 0xfc ? bytes[at + 1]! | (bytes[at + 2]! << 8) : Infinity;
    return fill(bytes, at + 3, at + 3 + long);
  }
  if (flags & CAPABILITY.CLIENT_SECURE_CONNECTION) return fill(bytes, at + 1, at + 1 + size);
  const end = bytes.indexOf(0, at);
  fill(bytes, at, end < 0 ? bytes.length : end);
}

/** Overwrites the authentication response of COM_CHANGE_USER, in place. */
export function redactChangeUser(bytes: Uint8Array, clientCapabilities: number): void {
  const user = bytes.indexOf(0, 1);
  if (user < 0) return fill(bytes, 1);
  // Its length is a single byte, whatever a login would have.
  const flags = clientCapabilities & ~CAPABILITY.CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA;
  redactResponse(bytes, user + 1, flags);
}

/** Overwrites the password of COM_REGISTER_SLAVE, in place. */
export function redactRegister(bytes: Uint8Array): void {
  let at = REGISTER_HOST_OFFSET;
  at += 1 + (bytes[at] ?? 0xff);
  at += 1 + (bytes[at] ?? 0xff);
  const size = bytes[at];
  if (size !== undefined) fill(bytes, at + 1, at + 1 + size);
}

/**
 * Overwrites the proof in the OK packet of a MariaDB login, in place: info that begins with 01
 * holds 64 hex digits, a hash of the password's hash, the scramble and the certificate.
 */
export function redactLoginOk(bytes: Uint8Array): void {
  if (bytes[0] !== 0x00) return;
  const at = bytes.findIndex((byte, i) => byte === PROOF_SIZE + 1 && bytes[i + 1] === 0x01);
  if (at >= OK_MIN) fill(bytes, at + 2, at + 2 + PROOF_SIZE);
}

/** Overwrites what an error message quotes: the text between its first and last quote. */
export function redactErrorText(bytes: Uint8Array): void {
  if (bytes[0] !== 0xff) return;
  const first = bytes.indexOf(QUOTE);
  const last = bytes.lastIndexOf(QUOTE);
  if (first >= 0) fill(bytes, first + 1, last > first ? last : bytes.length);
}

/**
 * Overwrites the secrets in the name of a column: where it has no other it is the text of the
 * query's expression, as in `SELECT PASSWORD('secret')`.
 */
export function redactColumn(bytes: Uint8Array, backslashEscapes: boolean): void {
  const reader = new FieldReader(bytes);
  try {
    for (const name of ["catalog", "schema", "table", "org_table"]) reader.takeLenenc(name);
    const size = reader.lenencNumber("name_length");
    const sql = new SqlRedactor();
    sql.reset(backslashEscapes);
    sql.redact(bytes.subarray(reader.offset, reader.offset + size));
  } catch {
    // No column definition: nothing of a query's text either.
  }
}

/**
 * Overwrites the secrets of a query with attributes, or of its beginning; false where its text
 * can't be found, and all was overwritten.
 */
export function redactQuery(bytes: Uint8Array, sql: SqlRedactor): boolean {
  const at = queryTextOffset(bytes);
  if (at !== undefined) {
    sql.redact(bytes.subarray(at));
    return true;
  }
  fill(bytes, 1);
  sql.changed = true;
  return false;
}
