import { AuthError, ConnectionError, ServerError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { ByteStream } from "../protocol/byte_stream.ts";
import { CAPABILITY, CLIENT_CAPABILITIES } from "../protocol/capabilities.ts";
import {
  decodeGreeting,
  encodeLogin,
  encodeSslRequest,
  type Greeting,
} from "../protocol/handshake.ts";
import { PacketChannel } from "../protocol/packet_channel.ts";
import { decodeErr, RESPONSE } from "../protocol/response.ts";
import type { Flavour } from "../store/identity.ts";
import { authenticate, firstResponse } from "./authenticate.ts";
import { chooseCompression, compressStream } from "./compression.ts";
import { loginRefused } from "./connect_errors.ts";
import { openSocket } from "./open_socket.ts";
import { SourceConnection } from "./source_connection.ts";
import { sourceAddress, type SourceOptions } from "./source_options.ts";
import { startTls, TlsRetryError } from "./tls.ts";

/** What MariaDB before 11 puts in front of its version in the greeting. */
const MARIADB_PREFIX = /^5\.5\.5-(?=\d+\.\d+\.\d+-MariaDB)/i;

/**
 * Connects to a server and logs in.
 * @throws {ConnectionError} where it can't be reached, {AuthError} where it does not let us in,
 *   {ServerError} for other ERR packets, {ProtocolError} where it is no MySQL or MariaDB server.
 */
export async function connectSource(
  options: SourceOptions,
  log: Logger,
  signal: AbortSignal,
): Promise<SourceConnection> {
  try {
    return await tryToConnect(options, log, signal);
  } catch (error) {
    if (error instanceof TlsRetryError) return await tryToConnect(options, log, signal);
    throw error;
  }
}

async function tryToConnect(
  options: SourceOptions,
  log: Logger,
  signal: AbortSignal,
): Promise<SourceConnection> {
  const socket = await openSocket(options, signal);
  if (signal.aborted) {
    // No event tells of what has happened already.
    socket.close();
    throw signal.reason;
  }
  let stream: ByteStream = socket;
  const stop = AbortSignal.any([signal, AbortSignal.timeout(options.connectTimeoutMs)]);
  // TLS that is closed within its handshake does not close what is below it.
  const close = (): void => {
    for (const each of [stream, socket]) {
      try {
        each.close();
      } catch {
        // closed already
      }
    }
  };
  stop.addEventListener("abort", close, { once: true });
  try {
    const login = new LoginConversation(options, log, socket);
    const connection = await login.run((next) => stream = next);
    return connection;
  } catch (error) {
    close();
    if (signal.aborted) throw signal.reason;
    if (stop.aborted) {
      throw new ConnectionError(
        `No login at ${sourceAddress(options)} within ${options.connectTimeoutMs} ms`,
        {
          cause: error,
          hint: "is it a MySQL or MariaDB server? --connect-timeout gives more time",
        },
      );
    }
    throw loginRefused(error, options);
  } finally {
    stop.removeEventListener("abort", close);
  }
}

/** The steps from greeting to OK on one socket. */
class LoginConversation {
  readonly #options: SourceOptions;
  readonly #log: Logger;
  readonly #socket: Deno.TcpConn | Deno.UnixConn;
  #stream: ByteStream;
  #channel: PacketChannel;

  constructor(options: SourceOptions, log: Logger, socket: Deno.TcpConn | Deno.UnixConn) {
    this.#options = options;
    this.#log = log;
    this.#socket = socket;
    this.#stream = socket;
    this.#channel = new PacketChannel(socket);
  }

  async run(onStream: (stream: ByteStream) => void): Promise<SourceConnection> {
    const first = await this.#channel.read();
    if (first[0] === RESPONSE.ERR) throw decodeErr(first);
    const greeting = decodeGreeting(first);
    if (!(greeting.capabilities & CAPABILITY.CLIENT_PROTOCOL_41)) {
      throw new AuthError(`Server ${greeting.serverVersion} is too old: no protocol 4.1`);
    }
    const compression = chooseCompression(this.#options.compressionAlgorithms, greeting);
    let capabilities = (CLIENT_CAPABILITIES & (greeting.capabilities | 0x1)) | compression.flags;
    const tls = await this.#beginTls(greeting, capabilities, onStream);
    if (tls) {
      onStream(this.#stream);
      capabilities |= CAPABILITY.CLIENT_SSL;
    }
    const authPlugin = await this.#login(
      greeting,
      capabilities >>> 0,
      tls,
      compression.zstdLevel,
    );
    if (compression.algorithm !== "uncompressed") {
      this.#stream = await compressStream(this.#stream, compression.algorithm);
      this.#channel = new PacketChannel(this.#stream);
      onStream(this.#stream);
    }
    const serverVersion = greeting.serverVersion.replace(MARIADB_PREFIX, "");
    const flavour: Flavour = /mariadb/i.test(serverVersion) ? "mariadb" : "mysql";
    return new SourceConnection({
      stream: this.#stream,
      channel: this.#channel,
      serverVersion,
      flavour,
      connectionId: greeting.connectionId,
      capabilities: capabilities >>> 0,
      tls,
      compression: compression.algorithm,
      authPlugin,
    });
  }

  /** Goes over to TLS where the mode says so; false where the connection stays as it is. */
  async #beginTls(
    greeting: Greeting,
    capabilities: number,
    onStream: (stream: ByteStream) => void,
  ): Promise<boolean> {
    const mode = this.#options.sslMode;
    const required = mode !== "DISABLED" && mode !== "PREFERRED";
    // What does not leave the host is encrypted where that is asked for, as with the mysql tools.
    if (mode === "DISABLED" || (!required && this.#options.socket !== undefined)) return false;
    if (!(greeting.capabilities & CAPABILITY.CLIENT_SSL)) {
      if (!required) return false;
      throw new AuthError(`The server does not offer TLS, which --ssl-mode=${mode} asks for`, {
        hint: "give the server a certificate, or connect with --ssl-mode=PREFERRED",
      });
    }
    await this.#channel.write(encodeSslRequest(capabilities));
    const sequence = this.#channel.sequence;
    this.#stream = await startTls(this.#socket, this.#options, onStream);
    this.#channel = new PacketChannel(this.#stream);
    this.#channel.sequence = sequence;
    return true;
  }

  async #login(
    greeting: Greeting,
    capabilities: number,
    tls: boolean,
    zstdLevel: number | undefined,
  ): Promise<string> {
    const context = {
      options: this.#options,
      channel: this.#channel,
      secure: tls || this.#options.socket !== undefined,
      tls,
      log: this.#log,
    };
    let plugin = greeting.authPlugin || "mysql_native_password";
    let authResponse = await firstResponse(plugin, greeting.scramble, context);
    if (authResponse === undefined || plugin === "parsec" || plugin === "client_ed25519") {
      // The server will say in an AuthSwitchRequest what it wants.
      plugin = "mysql_native_password";
      authResponse = (await firstResponse(plugin, greeting.scramble, context))!;
    }
    await this.#channel.write(encodeLogin({
      capabilities,
      user: this.#options.user,
      authResponse,
      database: "",
      authPlugin: plugin,
      attributes: {
        _client_name: "binlogd",
        _pid: String(Deno.pid),
        program_name: this.#options.programName ?? "binlogd",
        _client_role: "binary_log_listener",
      },
      ...(zstdLevel === undefined ? {} : { zstdLevel }),
    }));
    return await authenticate(context, plugin, greeting.scramble);
  }
}

/** Whether an error is an ERR packet with this code. */
export function isServerError(error: unknown, code: number): error is ServerError {
  return error instanceof ServerError && error.details.code === code;
}
