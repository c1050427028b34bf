import { AuthError, ProtocolError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { CACHING_SHA2, cachingSha2Response, clearPassword } from "../protocol/auth_caching_sha2.ts";
import { nativePasswordResponse } from "../protocol/auth_native_password.ts";
import { decodeAuthSwitch } from "../protocol/handshake.ts";
import type { PacketChannel } from "../protocol/packet_channel.ts";
import { decodeErr, RESPONSE } from "../protocol/response.ts";
import type { SourceOptions } from "./source_options.ts";

const AUTH_SWITCH = 0xfe;
const AUTH_MORE_DATA = 0x01;
const SHA256_REQUEST_KEY = 1;
/** Switches one login may go through; a server has no reason for more than one or two. */
const SWITCHES_MAX = 4;
/** The same of what a plugin may ask besides. */
const ASKED_MAX = 8;

/** What a login needs to know besides the password. */
export interface AuthContext {
  options: SourceOptions;
  channel: PacketChannel;
  /** TLS or a Unix socket: a password may go over it in clear. */
  secure: boolean;
  /** TLS; sha256_password takes a clear password over nothing else. */
  tls: boolean;
  log: Logger;
}

const EMPTY = new Uint8Array(0);

/**
 * First answer of a plugin to the server's data. Undefined for a plugin we do not have; the server
 * is then asked to switch.
 */
export async function firstResponse(
  plugin: string,
  data: Uint8Array,
  context: Pick<AuthContext, "options" | "tls">,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const password = context.options.password ?? "";
  switch (plugin) {
    case "mysql_native_password":
      return await nativePasswordResponse(password, data);
    case "caching_sha2_password":
      return await cachingSha2Response(password, data);
    case "sha256_password":
      if (password === "") return Uint8Array.of(0);
      return context.tls ? clearPassword(password) : Uint8Array.of(SHA256_REQUEST_KEY);
    case "client_ed25519": {
      // Its library makes tables as it is loaded, which others need not wait for.
      const { ed25519Response } = await import("../protocol/auth_ed25519.ts");
      return ed25519Response(password, data);
    }
    case "parsec":
      return EMPTY;
    default:
      return undefined;
  }
}

/**
 * Goes through authentication after the login packet was sent, up to OK.
 * @throws {AuthError} where the login can't go on. {ServerError} for an ERR packet.
 */
export async function authenticate(
  context: AuthContext,
  plugin: string,
  scramble: Uint8Array,
): Promise<string> {
  const { channel } = context;
  let current = plugin;
  let data = scramble;
  for (let switches = 0, asked = 0;;) {
    const payload = await channel.read();
    switch (payload[0]) {
      case RESPONSE.OK:
        return current;
      case RESPONSE.ERR:
        throw decodeErr(payload);
      case AUTH_SWITCH: {
        if (++switches > SWITCHES_MAX) {
          throw new ProtocolError("The server keeps switching the authentication plugin");
        }
        const request = decodeAuthSwitch(payload);
        current = request.plugin;
        data = request.data;
        await channel.write(await switchResponse(current, data, context));
        break;
      }
      case AUTH_MORE_DATA:
        if (++asked > ASKED_MAX) {
          throw new ProtocolError("The server does not come to an end of the login");
        }
        await moreData(context, current, data, payload.subarray(1));
        break;
      default:
        // parsec sends its salt as a packet without a leading byte of its own.
        if (current === "parsec" && payload[0] === 0x50 && ++asked <= ASKED_MAX) {
          await answerParsec(context, data, payload);
          break;
        }
        throw new ProtocolError(
          `Cannot read login answer: it begins with 0x${(payload[0] ?? 0).toString(16)}`,
        );
    }
  }
}

async function switchResponse(
  plugin: string,
  data: Uint8Array,
  context: AuthContext,
): Promise<Uint8Array<ArrayBuffer>> {
  const response = await firstResponse(plugin, data, context);
  if (response === undefined) {
    throw new AuthError(`The account uses ${plugin}, which binlogd does not have`, {
      found: plugin,
      expected: "mysql_native_password, caching_sha2_password, sha256_password, client_ed25519 " +
        "or parsec",
      hint: "give the replication account one of these plugins",
    });
  }
  if (plugin === "caching_sha2_password" && response.length === 0) return Uint8Array.of(0);
  return response;
}

// Plugins that need node:crypto: loading it takes longer than the login of all others.

async function answerParsec(
  { channel, options }: AuthContext,
  scramble: Uint8Array,
  salt: Uint8Array,
): Promise<void> {
  const { parsecResponse } = await import("../protocol/auth_parsec.ts");
  await channel.write(parsecResponse(options.password ?? "", scramble, salt));
}

async function encryptPassword(
  password: string,
  scramble: Uint8Array,
  publicKeyPem: string,
): Promise<Uint8Array> {
  const rsa = await import("../protocol/auth_rsa.ts");
  return rsa.encryptPassword(password, scramble, publicKeyPem);
}

async function moreData(
  context: AuthContext,
  plugin: string,
  scramble: Uint8Array,
  data: Uint8Array,
): Promise<void> {
  const { channel, options, secure, log } = context;
  const password = options.password ?? "";
  if (plugin === "parsec") {
    return await answerParsec(context, scramble, data);
  }
  if (plugin === "caching_sha2_password" && data.length === 1) {
    if (data[0] === CACHING_SHA2.FAST_AUTH_SUCCESS) {
      if (!secure && !options.getServerPublicKey && options.serverPublicKeyPath === undefined) {
        log.warning("logged in from the server's password cache only", {
          hint: "after a restart of the source the login will fail; use TLS or " +
            "--get-server-public-key",
        });
      }
      return;
    }
    if (data[0] !== CACHING_SHA2.PERFORM_FULL_AUTHENTICATION) {
      throw new ProtocolError(`Cannot read login answer: caching_sha2_password says ${data[0]}`);
    }
    if (secure) return await channel.write(clearPassword(password));
    const key = await publicKey(context, CACHING_SHA2.REQUEST_PUBLIC_KEY);
    return await channel.write(await encryptPassword(password, scramble, key));
  }
  if (plugin === "sha256_password") {
    // The answer to our request for the key; the key may also be known beforehand.
    const text = new TextDecoder().decode(data);
    const key = options.serverPublicKeyPath === undefined
      ? allowedKey(context, text)
      : await readKey(options.serverPublicKeyPath);
    return await channel.write(await encryptPassword(password, scramble, key));
  }
  throw new ProtocolError(`Cannot read login answer: ${plugin} sends ${data.length} bytes more`);
}

function keyNotAllowed(): AuthError {
  return new AuthError(
    "The password would have to be sent over an unencrypted connection without the server's key",
    {
      hint: "use TLS (--ssl-mode=REQUIRED), or name the server's RSA key with " +
        "--server-public-key-path, or trust the network with --get-server-public-key",
    },
  );
}

function allowedKey(context: AuthContext, key: string): string {
  // Nobody sits between the two ends of a Unix socket.
  if (!context.options.getServerPublicKey && !context.secure) throw keyNotAllowed();
  return key;
}

async function readKey(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    throw new AuthError(`Cannot read --server-public-key-path ${path}`, { file: path, cause });
  }
}

async function publicKey(context: AuthContext, request: number): Promise<string> {
  const { options, channel } = context;
  if (options.serverPublicKeyPath !== undefined) return await readKey(options.serverPublicKeyPath);
  if (!options.getServerPublicKey) throw keyNotAllowed();
  await channel.write(Uint8Array.of(request));
  const payload = await channel.read();
  if (payload[0] === RESPONSE.ERR) throw decodeErr(payload);
  if (payload[0] !== AUTH_MORE_DATA) {
    throw new ProtocolError("Cannot read login answer: no public key where one was asked for");
  }
  return new TextDecoder().decode(payload.subarray(1));
}
