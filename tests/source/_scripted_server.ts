import { generateKeyPairSync } from "node:crypto";
import { Logger } from "../../lib/log.ts";
import { CAPABILITY, SERVER_CAPABILITIES } from "../../lib/protocol/capabilities.ts";
import {
  decodeLogin,
  encodeGreeting,
  type Greeting,
  type Login,
} from "../../lib/protocol/handshake.ts";
import { PacketChannel } from "../../lib/protocol/packet_channel.ts";
import { encodeErr, encodeOk } from "../../lib/protocol/response.ts";
import { connectSource } from "../../lib/source/connect.ts";
import type { SourceConnection } from "../../lib/source/source_connection.ts";
import type { SourceOptions } from "../../lib/source/source_options.ts";

export const SCRAMBLE: Uint8Array<ArrayBuffer> = Uint8Array.from({ length: 20 }, (_, i) => 40 + i);
export const PASSWORD = "hünter2 secret";

/** A server's RSA key. */
export const RSA: { publicKey: string; privateKey: string } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});

/** What a server of these tests does with one connection. */
export type Script = (server: ScriptedServer) => Promise<void>;

/** One connection as the server sees it. */
export class ScriptedServer {
  readonly conn: Deno.Conn;
  readonly channel: PacketChannel;

  constructor(conn: Deno.Conn) {
    this.conn = conn;
    this.channel = new PacketChannel(conn);
  }

  /** Sends a greeting and reads the login that answers it. */
  async greet(greeting: Partial<Greeting> = {}): Promise<Login> {
    await this.channel.write(encodeGreeting({
      serverVersion: "9.7.4",
      connectionId: 77,
      scramble: SCRAMBLE,
      capabilities: SERVER_CAPABILITIES & ~CAPABILITY.CLIENT_SSL,
      charset: 255,
      status: 2,
      authPlugin: "caching_sha2_password",
      ...greeting,
    }));
    return decodeLogin(await this.channel.read());
  }

  ok(): Promise<void> {
    return this.channel.write(encodeOk());
  }

  deny(): Promise<void> {
    const message = "Access denied for user 'repl'@'127.0.0.1' (using password: YES)";
    return this.channel.write(encodeErr({ code: 1045, sqlState: "28000", message }));
  }

  more(...data: number[]): Promise<void> {
    return this.channel.write(Uint8Array.of(1, ...data));
  }
}

/** How a connection went, and what the server read after its script, until the client left. */
export interface Attempt {
  connection: SourceConnection | undefined;
  // deno-lint-ignore no-explicit-any -- what was thrown may be anything; tests look at its fields
  error: any;
  log: string[];
  rest: Uint8Array;
}

/** Connects to a server that follows a script. The connection is closed again. */
export async function attempt(
  script: Script,
  options: Partial<SourceOptions> = {},
  signal: AbortSignal = new AbortController().signal,
  use: (connection: SourceConnection) => Promise<void> = () => Promise.resolve(),
): Promise<Attempt> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const log: string[] = [];
  const done: Attempt = { connection: undefined, error: undefined, log, rest: new Uint8Array() };
  let scriptError: unknown;
  const serving = listener.accept().then(async (conn) => {
    const server = new ScriptedServer(conn);
    try {
      await script(server);
      const parts = [...server.channel.takeBuffered()];
      const buffer = new Uint8Array(1000);
      for (let size = await conn.read(buffer); size; size = await conn.read(buffer)) {
        parts.push(...buffer.subarray(0, size));
      }
      done.rest = Uint8Array.from(parts);
    } finally {
      conn.close();
    }
  }).catch((error) => scriptError = error);
  const logger = new Logger({ level: "debug", write: (line) => log.push(line) });
  try {
    done.connection = await connectSource(
      {
        host: "127.0.0.1",
        port: listener.addr.port,
        user: "repl",
        password: PASSWORD,
        sslMode: "DISABLED",
        getServerPublicKey: false,
        connectTimeoutMs: 10_000,
        ...options,
      },
      logger,
      signal,
    );
    await use(done.connection);
  } catch (error) {
    done.error = error;
  } finally {
    done.connection?.close();
  }
  await serving;
  // A client that leaves in the middle is what many scripts are for; a login that works is not.
  if (scriptError && done.error === undefined) throw scriptError;
  return done;
}
