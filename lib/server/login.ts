import { randomBytes } from "node:crypto";
import { AuthError, ConnectionError } from "../errors.ts";
import type { ByteStream } from "../protocol/byte_stream.ts";
import { CAPABILITY, SERVER_CAPABILITIES } from "../protocol/capabilities.ts";
import {
  CHARSET_UTF8MB4,
  decodeLogin,
  encodeAuthSwitch,
  encodeGreeting,
  type Login,
  SCRAMBLE_SIZE,
  SSL_REQUEST_SIZE,
} from "../protocol/handshake.ts";
import { PacketChannel } from "../protocol/packet_channel.ts";
import { encodeOk, SERVER_STATUS } from "../protocol/response.ts";
import { type Account, type AccountPlugin, clientPlugin } from "./account.ts";
import type { AccountList } from "./account_list.ts";
import { type AuthContext, authenticate } from "./authenticate.ts";
import { decoyPlugin } from "./decoy_account.ts";
import type { FastHashes } from "./fast_hashes.ts";
import type { RsaKey } from "./rsa_key.ts";
import { SqlError } from "./sql_error.ts";

/** Largest packet of a login: nobody is known yet who may send more. */
const LOGIN_MAX = 64 * 1024;
const USER_MAX = 256;

/** Begins TLS on a connection; `ahead` was read from it already. */
export type TlsUpgrade = (ahead: Uint8Array<ArrayBuffer>) => Promise<ByteStream>;

/** What a login needs to know of the server. */
export interface LoginOptions {
  stream: ByteStream;
  /** Address of the client, without port. */
  address: string;
  connectionId: number;
  /** Version for the greeting. */
  version: string;
  /** Plugin named in the greeting. */
  defaultPlugin: AccountPlugin;
  accounts: AccountList;
  fastHashes: FastHashes;
  rsaKey: RsaKey;
  /** Undefined: TLS is not offered. */
  tls?: TlsUpgrade | undefined;
  requireTls: boolean;
  /** Throws SqlError where nobody more is let in with this account. */
  admit: (account: Account) => void;
  /** Sends the ERR packet for a login that is refused, when its time has come. */
  onRefused: (error: SqlError, channel: PacketChannel) => Promise<void>;
}

/** A connection that is logged in. */
export interface LoggedIn {
  account: Account;
  channel: PacketChannel;
  stream: ByteStream;
  tls: boolean;
  login: Login;
}

/** Random bytes for a scramble: none of them 0 or '$', which some clients stumble over. */
function makeScramble(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size;) {
    for (const byte of randomBytes(size - at)) {
      // 7 bits, as servers do.
      const value = byte & 0x7f;
      if (value !== 0 && value !== 0x24) bytes[at++] = value;
    }
  }
  return bytes;
}

/** The error for a login that fails, whatever the reason; the same whether the account exists. */
export function accessDenied(user: string, address: string, password: boolean): SqlError {
  const shown = user.slice(0, USER_MAX);
  return new SqlError(
    "ACCESS_DENIED",
    `Access denied for user '${shown}'@'${address}' (using password: ${password ? "YES" : "NO"})`,
  );
}

/**
 * The server's side of the handshake: greeting, TLS, login, authentication, OK. Answers nothing to
 * anybody but the greeting before the password was seen to be right.
 * @throws {SqlError} where the login is refused, {AuthError} where the client leaves it when it has
 *   said its name; {ProtocolError} and {ConnectionError}.
 */
export async function acceptLogin(options: LoginOptions): Promise<LoggedIn> {
  const scramble = makeScramble(SCRAMBLE_SIZE);
  let stream = options.stream;
  let channel = new PacketChannel(stream);
  const capabilities = SERVER_CAPABILITIES | (options.tls ? CAPABILITY.CLIENT_SSL : 0);
  await channel.write(encodeGreeting({
    serverVersion: options.version,
    connectionId: options.connectionId,
    scramble,
    capabilities,
    charset: CHARSET_UTF8MB4,
    status: SERVER_STATUS.AUTOCOMMIT,
    authPlugin: clientPlugin(options.defaultPlugin),
  }));
  let first = await readLogin(channel);
  let tls = false;
  if (first.length === SSL_REQUEST_SIZE && options.tls) {
    stream = await options.tls(channel.takeBuffered());
    const { sequence } = channel;
    channel = new PacketChannel(stream);
    channel.sequence = sequence;
    tls = true;
    first = await readLogin(channel);
  }
  const login = decodeLogin(first);
  try {
    if (options.requireTls && !tls) {
      throw new SqlError(
        "SECURE_TRANSPORT_REQUIRED",
        "Connections using insecure transport are prohibited while --require-tls is in force.",
      );
    }
    const account = await proveAccount(options, { channel, scramble, login, tls });
    options.admit(account);
    await channel.write(encodeOk());
    return { account, channel, stream, tls, login };
  } catch (error) {
    if (error instanceof SqlError) await options.onRefused(error, channel);
    throw error;
  }
}

/** What a client that can't do what is asked says nothing of: it shows an error of its own. */
function givenUp(user: string, address: string, plugin: string, tls: boolean): AuthError {
  const shown = user.slice(0, USER_MAX);
  const why = plugin === "caching_sha2_password" && !tls
    ? "; without TLS it has to ask for the server's public key"
    : "";
  return new AuthError(
    `The client of '${shown}'@'${address}' left when asked to log in by ${plugin}${why}`,
  );
}

async function readLogin(channel: PacketChannel): Promise<Uint8Array<ArrayBuffer>> {
  const payload = await channel.tryRead(LOGIN_MAX);
  if (!payload) throw new ConnectionError("The client left before logging in");
  return payload;
}

async function proveAccount(
  options: LoginOptions,
  session: { channel: PacketChannel; scramble: Uint8Array; login: Login; tls: boolean },
): Promise<Account> {
  const { channel, login, tls } = session;
  const account = await options.accounts.find(login.user, options.address);
  // Someone unknown is led through the same steps and refused at their end.
  const plugin = account?.plugin ??
    decoyPlugin(login.user, options.accounts.plugins, options.rsaKey.privatePem);
  const client = clientPlugin(plugin);
  let { scramble } = session;
  let response = login.authResponse;
  try {
    // Clients that do not know the plugin of the greeting, such as MySQL 5.6's, answer it with their
    // own name and nothing else, and wait to be asked (sql_authentication.cc does so too).
    const greeted = clientPlugin(options.defaultPlugin) === client && plugin !== "ed25519";
    if (login.authPlugin !== client || !greeted) {
      scramble = makeScramble(plugin === "ed25519" ? 32 : SCRAMBLE_SIZE);
      await channel.write(encodeAuthSwitch(client, scramble));
      response = await readLogin(channel);
    }
    const { rsaKey, fastHashes } = options;
    const context: AuthContext = { channel, scramble, tls, rsaKey, fastHashes };
    const proved = await authenticate(plugin, account, response, context);
    if (account && proved) return account;
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
    throw givenUp(login.user, options.address, client, tls);
  }
  throw accessDenied(login.user, options.address, response.length > 0);
}
