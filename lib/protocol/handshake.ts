import { ByteReader } from "../bytes/byte_reader.ts";
import { ByteWriter } from "../bytes/byte_writer.ts";
import { ProtocolError } from "../errors.ts";
import { CAPABILITY } from "./capabilities.ts";

/** Size of the random scramble in the greeting. */
export const SCRAMBLE_SIZE = 20;

/** utf8mb4_general_ci. */
export const CHARSET_UTF8MB4 = 45;

/** Largest packet we announce: 1 GiB, the most any server sends. */
const MAX_PACKET_SIZE = 0x4000_0000;
const PROTOCOL_VERSION = 10;
const RESERVED_CLIENT = 23;

/**
 * Greeting of the server, version 10 (sql/auth/sql_authentication.cc send_server_handshake_packet):
 *
 *     u8   protocol version 10
 *     NUL  server version
 *     u32  connection id
 *     8    scramble, first part
 *     u8   0
 *     u16  capabilities, low half
 *     u8   character set
 *     u16  status flags
 *     u16  capabilities, high half
 *     u8   length of the scramble, 21 with CLIENT_PLUGIN_AUTH
 *     10   reserved
 *     13   scramble, second part, and NUL
 *     NUL  name of the authentication plugin
 */
export interface Greeting {
  serverVersion: string;
  connectionId: number;
  scramble: Uint8Array;
  capabilities: number;
  charset: number;
  status: number;
  authPlugin: string;
}

function protocolError(message: string, field: string): Error {
  return new ProtocolError(message, { field });
}

/** Reads a greeting. Throws ProtocolError for another protocol version or a short packet. */
export function decodeGreeting(payload: Uint8Array): Greeting {
  const reader = new ByteReader(payload, 0, protocolError);
  const version = reader.u8("protocol version");
  if (version !== PROTOCOL_VERSION) {
    throw new ProtocolError(`Cannot read greeting: protocol version ${version}`, {
      expected: "10",
      found: String(version),
      hint: "is this the port of a MySQL or MariaDB server?",
    });
  }
  const serverVersion = reader.textNul("server version");
  const connectionId = reader.u32("connection id");
  const first = reader.take(8, "scramble");
  reader.skip(1, "filler");
  let capabilities = reader.u16("capabilities");
  if (reader.remaining === 0) {
    const scramble = first.slice();
    return {
      serverVersion,
      connectionId,
      scramble,
      capabilities,
      charset: 0,
      status: 0,
      authPlugin: "",
    };
  }
  const charset = reader.u8("charset");
  const status = reader.u16("status");
  capabilities = (capabilities | (reader.u16("capabilities, high") << 16)) >>> 0;
  const authSize = reader.u8("scramble length");
  reader.skip(10, "reserved");
  const second = reader.take(Math.min(Math.max(13, authSize - 8), reader.remaining), "scramble");
  const scramble = new Uint8Array(SCRAMBLE_SIZE);
  scramble.set(first);
  scramble.set(second.subarray(0, SCRAMBLE_SIZE - 8), 8);
  let authPlugin = "";
  if (capabilities & CAPABILITY.CLIENT_PLUGIN_AUTH) {
    // Some old servers leave the NUL out.
    authPlugin = reader.text(reader.remaining, "plugin name").replace(/\0.*$/s, "");
  }
  return { serverVersion, connectionId, scramble, capabilities, charset, status, authPlugin };
}

/** Writes a greeting. */
export function encodeGreeting(greeting: Greeting): Uint8Array<ArrayBuffer> {
  return new ByteWriter(128).u8(PROTOCOL_VERSION).textNul(greeting.serverVersion)
    .u32(greeting.connectionId).bytes(greeting.scramble.subarray(0, 8)).u8(0)
    .u16(greeting.capabilities & 0xffff).u8(greeting.charset).u16(greeting.status)
    .u16(greeting.capabilities >>> 16).u8(SCRAMBLE_SIZE + 1).zeros(10)
    .bytes(greeting.scramble.subarray(8, SCRAMBLE_SIZE)).u8(0).textNul(greeting.authPlugin).done();
}

/** SSLRequest, the first 32 bytes of a login: u32 capabilities, u32 max packet, u8 charset, 23. */
export function encodeSslRequest(capabilities: number): Uint8Array<ArrayBuffer> {
  return new ByteWriter(32).u32((capabilities | CAPABILITY.CLIENT_SSL) >>> 0)
    .u32(MAX_PACKET_SIZE).u8(CHARSET_UTF8MB4).zeros(RESERVED_CLIENT).done();
}

/** Size of an SSLRequest payload. */
export const SSL_REQUEST_SIZE = 32;

/**
 * Login, HandshakeResponse41: u32 capabilities, u32 max packet size, u8 charset, 23 reserved, user
 * NUL, authentication response, [database NUL], [plugin NUL], [connect attributes], [u8 zstd level].
 */
export interface Login {
  capabilities: number;
  maxPacketSize: number;
  charset: number;
  user: string;
  authResponse: Uint8Array;
  database: string;
  authPlugin: string;
  attributes: Record<string, string>;
  /** Level for CLIENT_ZSTD_COMPRESSION_ALGORITHM. */
  zstdLevel?: number;
}

/** Writes a login; the parts follow its capabilities. */
export function encodeLogin(
  login: Omit<Login, "maxPacketSize" | "charset">,
): Uint8Array<ArrayBuffer> {
  const { capabilities } = login;
  const writer = new ByteWriter(256).u32(capabilities).u32(MAX_PACKET_SIZE).u8(CHARSET_UTF8MB4)
    .zeros(RESERVED_CLIENT).textNul(login.user);
  if (capabilities & CAPABILITY.CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA) {
    writer.bytesLenenc(login.authResponse);
  } else writer.u8(login.authResponse.length).bytes(login.authResponse);
  if (capabilities & CAPABILITY.CLIENT_CONNECT_WITH_DB) writer.textNul(login.database);
  if (capabilities & CAPABILITY.CLIENT_PLUGIN_AUTH) writer.textNul(login.authPlugin);
  if (capabilities & CAPABILITY.CLIENT_CONNECT_ATTRS) {
    const attributes = new ByteWriter();
    for (const [key, value] of Object.entries(login.attributes)) {
      attributes.textLenenc(key).textLenenc(value);
    }
    writer.bytesLenenc(attributes.done());
  }
  if (login.zstdLevel !== undefined) writer.u8(login.zstdLevel);
  return writer.done();
}

function readAuthResponse(reader: ByteReader, capabilities: number): Uint8Array {
  if (capabilities & CAPABILITY.CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA) {
    return reader.take(reader.lenencNumber("auth response length"), "auth response");
  }
  if (capabilities & CAPABILITY.CLIENT_SECURE_CONNECTION) {
    return reader.take(reader.u8("auth response length"), "auth response");
  }
  const end = reader.bytes.indexOf(0, reader.offset);
  const response = reader.take(
    (end < 0 ? reader.bytes.length : end) - reader.offset,
    "auth response",
  );
  if (reader.remaining > 0) reader.skip(1, "auth response");
  return response;
}

/**
 * Reads a login, tolerantly: clients stop early, and leave out attributes they announce.
 * @throws {ProtocolError} before protocol 4.1, or where a part is cut.
 */
export function decodeLogin(payload: Uint8Array): Login {
  const reader = new ByteReader(payload, 0, protocolError);
  const capabilities = reader.u32("capabilities");
  if (!(capabilities & CAPABILITY.CLIENT_PROTOCOL_41)) {
    throw new ProtocolError("Cannot read login: the client does not speak protocol 4.1");
  }
  const maxPacketSize = reader.u32("max packet size");
  const charset = reader.u8("charset");
  reader.skip(RESERVED_CLIENT, "reserved");
  const user = reader.textNul("user");
  const authResponse = readAuthResponse(reader, capabilities);
  const optionalText = (flag: number): string => {
    if (!(capabilities & flag) || reader.remaining === 0) return "";
    const end = reader.bytes.indexOf(0, reader.offset);
    return end < 0 ? reader.text(reader.remaining, "text") : reader.textNul("text");
  };
  const database = optionalText(CAPABILITY.CLIENT_CONNECT_WITH_DB);
  const authPlugin = optionalText(CAPABILITY.CLIENT_PLUGIN_AUTH);
  const attributes: Record<string, string> = {};
  if (capabilities & CAPABILITY.CLIENT_CONNECT_ATTRS && reader.remaining > 0) {
    const size = Math.min(reader.lenencNumber("attributes length"), reader.remaining);
    const inner = new ByteReader(reader.take(size, "attributes"), 0, protocolError);
    while (inner.remaining > 0) {
      const key = inner.textLenenc("attribute name");
      attributes[key] = inner.textLenenc("attribute value");
    }
  }
  return {
    capabilities,
    maxPacketSize,
    charset,
    user,
    authResponse,
    database,
    authPlugin,
    attributes,
  };
}

/** AuthSwitchRequest: fe, plugin name NUL, data for the plugin. */
export interface AuthSwitch {
  plugin: string;
  data: Uint8Array;
}

/** Reads an AuthSwitchRequest. A lone fe, the old-password switch, is a ProtocolError. */
export function decodeAuthSwitch(payload: Uint8Array): AuthSwitch {
  if (payload.length === 1) {
    throw new ProtocolError("The server asks for the password hash of before MySQL 4.1", {
      hint: "set the account's password anew on the server",
    });
  }
  const reader = new ByteReader(payload, 1, protocolError);
  const plugin = reader.textNul("plugin name");
  return { plugin, data: reader.rest() };
}

/** Writes an AuthSwitchRequest; scrambles of 20 bytes get their NUL here. */
export function encodeAuthSwitch(plugin: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter().u8(0xfe).textNul(plugin).bytes(data);
  if (data.length === SCRAMBLE_SIZE) writer.u8(0);
  return writer.done();
}
