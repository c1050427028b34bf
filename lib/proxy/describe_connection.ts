import { CACHING_SHA2 } from "../protocol/auth_caching_sha2.ts";
import { CAPABILITY, capabilityNames } from "../protocol/capabilities.ts";
import { SSL_REQUEST_SIZE } from "../protocol/handshake.ts";
import { describeErr, describeOk } from "./describe_response.ts";
import type { FieldReader } from "./field_reader.ts";
import type { Meaning } from "./packet_view.ts";
import { MARIADB_CAPABILITY, type Session } from "./session.ts";

/** Capability names without the prefix that all share. */
function flagNames(flags: number, extended: number): string[] {
  const more = Object.entries(MARIADB_CAPABILITY).filter(([, bit]) => extended & bit);
  return [...capabilityNames(flags), ...more.map(([name]) => name)]
    .map((name) => name.replace(/^(MARIADB_)?CLIENT_/, "$1"));
}

/** Greeting of the server, see lib/protocol/handshake.ts; or the ERR packet that comes instead. */
export function describeGreeting(reader: FieldReader, session: Session): Meaning {
  if (reader.peek() === 0xff) return describeErr(reader);
  const version = reader.u8("protocol_version");
  session.serverVersion = reader.textNul("server_version");
  session.mariadb = /mariadb/i.test(session.serverVersion);
  const id = reader.u32("connection_id");
  reader.take(8, "scramble_1");
  reader.skip(1, "filler");
  let flags = reader.u16("capabilities_low");
  let details: string[] = [];
  if (reader.remaining > 0) {
    reader.u8("charset");
    session.status = reader.u16("status");
    flags = (flags | (reader.u16("capabilities_high") << 16)) >>> 0;
    const size = reader.u8("scramble_length");
    reader.skip(6, "reserved");
    if (flags & CAPABILITY.CLIENT_LONG_PASSWORD) reader.skip(4, "reserved");
    else session.extendedServer = reader.u32("mariadb_capabilities");
    reader.take(Math.min(Math.max(13, size - 8), reader.remaining), "scramble_2");
    if (flags & CAPABILITY.CLIENT_PLUGIN_AUTH) session.plugin = reader.textNulOrRest("auth_plugin");
    details = [`capabilities: ${flagNames(flags, session.extendedServer).join(" ")}`];
  }
  session.serverCapabilities = flags;
  const plugin = session.plugin ? `, plugin ${session.plugin}` : "";
  const protocol = version === 10 ? "" : `, protocol version ${version}`;
  const text = `greeting: server ${session.serverVersion}, connection id ${id}${plugin}${protocol}`;
  return { kind: "connect", text, details };
}

/** Whether a client's first packet asks for TLS instead of logging in. */
export function isSslRequest(bytes: Uint8Array, total: number): boolean {
  if (total !== SSL_REQUEST_SIZE && total !== 4) return false;
  return bytes.length > 1 && ((bytes[0]! | (bytes[1]! << 8)) & CAPABILITY.CLIENT_SSL) !== 0;
}

/** SSLRequest: the first fields of a login; the TLS conversation follows. */
export function describeSslRequest(reader: FieldReader, session: Session): Meaning {
  readFlags(reader, session);
  return { kind: "connect", text: "SSLRequest: the client begins TLS" };
}

function readFlags(reader: FieldReader, session: Session): void {
  session.clientCapabilities = reader.u32("capabilities");
  reader.show(capabilityNames(session.clientCapabilities));
  reader.u32("max_packet_size");
  reader.u8("charset");
  reader.skip(19, "reserved");
  const { clientCapabilities, serverCapabilities } = session;
  if ((clientCapabilities | serverCapabilities) & CAPABILITY.CLIENT_LONG_PASSWORD) {
    reader.skip(4, "reserved");
  } else session.extendedClient = reader.u32("mariadb_capabilities");
}

/** Login, see lib/protocol/handshake.ts; its authentication response is filler. */
export function describeLogin(reader: FieldReader, session: Session): Meaning {
  const first = reader.bytes[0]! | (reader.bytes[1]! << 8);
  if (!(first & CAPABILITY.CLIENT_PROTOCOL_41)) return describeOldLogin(reader, session);
  readFlags(reader, session);
  const flags = session.clientCapabilities;
  const user = reader.textNul("user");
  const response = flags & CAPABILITY.CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA
    ? reader.takeLenenc("auth_response")
    : flags & CAPABILITY.CLIENT_SECURE_CONNECTION
    ? reader.take(reader.u8("auth_response_length"), "auth_response")
    : reader.textNulOrRest("auth_response");
  reader.show("(hidden)");
  const details = [`capabilities: ${flagNames(flags, session.extendedClient).join(" ")}`];
  let database = "";
  if (flags & CAPABILITY.CLIENT_CONNECT_WITH_DB && reader.remaining > 0) {
    database = reader.textNulOrRest("database");
  }
  if (flags & CAPABILITY.CLIENT_PLUGIN_AUTH && reader.remaining > 0) {
    session.plugin = reader.textNulOrRest("auth_plugin");
  }
  details.push(...readAttributes(reader, flags));
  if (flags & CAPABILITY.CLIENT_ZSTD_COMPRESSION_ALGORITHM && reader.remaining > 0) {
    reader.u8("zstd_level");
  }
  const into = database ? `, database ${database}` : "";
  const plugin = session.plugin ? `, plugin ${session.plugin}` : "";
  const hidden = `, authentication response of ${response.length} bytes (hidden)`;
  return { kind: "connect", text: `login: user ${user}${into}${plugin}${hidden}`, details };
}

function readAttributes(reader: FieldReader, flags: number): string[] {
  if (!(flags & CAPABILITY.CLIENT_CONNECT_ATTRS) || reader.remaining === 0) return [];
  const end = reader.lenencNumber("attributes_length") + reader.offset;
  const pairs: string[] = [];
  while (reader.offset < end && reader.remaining > 0) {
    const name = reader.textLenenc("attribute_name");
    pairs.push(`${name}=${reader.textLenenc("attribute_value")}`);
  }
  return pairs.length > 0 ? [`attributes: ${pairs.join(" ")}`] : [];
}

function describeOldLogin(reader: FieldReader, session: Session): Meaning {
  session.clientCapabilities = reader.u16("capabilities");
  reader.u24("max_packet_size");
  const user = reader.textNulOrRest("user");
  return { kind: "connect", text: `login of before MySQL 4.1: user ${user}` };
}

/** What the server says between login and OK: OK, ERR, a switch of plugin, data of the plugin. */
export function describeAuthAnswer(reader: FieldReader, session: Session): Meaning {
  switch (reader.peek()) {
    case 0x00: {
      const meaning = describeOk(reader, session);
      return { ...meaning, kind: "connect", text: `logged in: ${meaning.text}` };
    }
    case 0xff:
      return describeErr(reader);
    case 0xfe: {
      reader.u8("auth_switch");
      if (reader.remaining === 0) {
        return { kind: "connect", text: "auth switch to the passwords of before MySQL 4.1" };
      }
      session.plugin = reader.textNulOrRest("auth_plugin");
      const data = reader.take(reader.remaining, "plugin_data");
      const text = `auth switch to ${session.plugin}, ${data.length} bytes of data`;
      return { kind: "connect", text };
    }
    case 0x02: {
      reader.u8("next_factor");
      session.plugin = reader.textNulOrRest("auth_plugin");
      reader.take(reader.remaining, "plugin_data");
      return { kind: "connect", text: `next factor: ${session.plugin}` };
    }
  }
  if (reader.peek() === 0x01) reader.u8("auth_more_data");
  return { kind: "connect", text: `auth data: ${pluginData(reader, session.plugin)}` };
}

function pluginData(reader: FieldReader, plugin: string): string {
  const size = reader.remaining;
  if (plugin === "caching_sha2_password" && size === 1) {
    const status = reader.u8("status");
    if (status === CACHING_SHA2.FAST_AUTH_SUCCESS) return "the password's hash was in the cache";
    if (status === CACHING_SHA2.PERFORM_FULL_AUTHENTICATION) {
      return "not in the cache, the server asks for the password itself";
    }
    return `status ${status}`;
  }
  if (reader.peek() === 0x2d) {
    reader.textRest("public_key");
    return `the server's public key, ${size} bytes`;
  }
  reader.take(size, "plugin_data");
  return plugin === "parsec" && size === 20 ? "the account's salt" : `${size} bytes`;
}

/** What the client says between login and OK; filler but for a request for the public key. */
export function describeAuthResponse(reader: FieldReader, session: Session): Meaning {
  const size = reader.total;
  if (size === 0) {
    const salt = session.plugin === "parsec" ? ", asks for the salt" : "";
    return { kind: "connect", text: `authentication response of 0 bytes${salt}` };
  }
  const first = reader.peek();
  reader.take(reader.remaining, "auth_response");
  if (size === 1 && first !== 0 && first !== 0x2a) {
    return { kind: "connect", text: "the client asks for the server's public key" };
  }
  reader.show("(hidden)");
  return { kind: "connect", text: `authentication response of ${size} bytes (hidden)` };
}

/** COM_CHANGE_USER: user NUL, u8 and response, database NUL, u16 charset, plugin, attributes. */
export function describeChangeUser(reader: FieldReader, session: Session): Meaning {
  reader.u8("command");
  const user = reader.textNul("user");
  const response = session.clientCapabilities & CAPABILITY.CLIENT_SECURE_CONNECTION
    ? reader.take(reader.u8("auth_response_length"), "auth_response")
    : reader.textNulOrRest("auth_response");
  reader.show("(hidden)");
  const database = reader.remaining > 0 ? reader.textNulOrRest("database") : "";
  if (reader.remaining >= 2) reader.u16("charset");
  if (reader.remaining > 0) session.plugin = reader.textNulOrRest("auth_plugin");
  const details = readAttributes(reader, session.clientCapabilities);
  const hidden = `authentication response of ${response.length} bytes (hidden)`;
  const into = database ? `, database ${database}` : "";
  return { kind: "command", text: `COM_CHANGE_USER user ${user}${into}, ${hidden}`, details };
}
