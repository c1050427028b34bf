/** TLS over a Unix socket: where it is asked for, and only there. */
import { assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import { AuthError, ConnectionError } from "../../lib/errors.ts";
import { Logger } from "../../lib/log.ts";
import { writeAll } from "../../lib/protocol/byte_stream.ts";
import { CAPABILITY, SERVER_CAPABILITIES } from "../../lib/protocol/capabilities.ts";
import { decodeLogin, encodeGreeting } from "../../lib/protocol/handshake.ts";
import { PacketChannel } from "../../lib/protocol/packet_channel.ts";
import { encodeOk } from "../../lib/protocol/response.ts";
import { makeCertificate } from "../../lib/server/self_made_certificate.ts";
import { connectSource } from "../../lib/source/connect.ts";
import type { SourceOptions, SslMode } from "../../lib/source/source_options.ts";
import { canSkipVerification } from "../../lib/source/tls.ts";
import { withFolder } from "../_pipeline.ts";
import { CA, SERVER_CERT, SERVER_KEY } from "./_certificates.ts";
import { SCRAMBLE } from "./_scripted_server.ts";

const SSL_REQUEST_SIZE = 32;
const canSkip = await canSkipVerification();

async function carry(from: Deno.Conn, to: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(10_000);
  try {
    for (let size = await from.read(buffer); size !== null; size = await from.read(buffer)) {
      await writeAll(to, buffer.subarray(0, size));
    }
    await (to as Deno.TcpConn).closeWrite();
  } catch {
    // the other side went without a word
  }
}

async function greet(conn: Deno.Conn): Promise<PacketChannel> {
  const channel = new PacketChannel(conn);
  await channel.write(encodeGreeting({
    serverVersion: "9.7.4",
    connectionId: 77,
    scramble: SCRAMBLE,
    capabilities: SERVER_CAPABILITIES | CAPABILITY.CLIENT_SSL,
    charset: 255,
    status: 2,
    authPlugin: "mysql_native_password",
  }));
  return channel;
}

/** Says nothing after the greeting, until the client leaves. */
async function stallOnce(listener: Deno.Listener): Promise<void> {
  const conn = await listener.accept();
  await greet(conn);
  for (const buffer = new Uint8Array(1000); await conn.read(buffer););
  conn.close();
}

/** Serves one client of a Unix socket: TLS where it asks for it, and a login of any user. */
async function serveOnce(
  listener: Deno.Listener,
  tls: Deno.TlsListener,
): Promise<void> {
  const conn = await listener.accept();
  const channel = await greet(conn);
  const first = await channel.read();
  if (first.length !== SSL_REQUEST_SIZE) {
    decodeLogin(first);
    await channel.write(encodeOk());
    await conn.read(new Uint8Array(1));
    conn.close();
    return;
  }
  const hop = await Deno.connect({ hostname: "127.0.0.1", port: tls.addr.port });
  await writeAll(hop, channel.takeBuffered());
  const hops = [carry(conn, hop), carry(hop, conn)];
  const inner = await tls.accept();
  const secret = new PacketChannel(inner);
  secret.sequence = channel.sequence;
  try {
    decodeLogin(await secret.read());
    await secret.write(encodeOk());
    await inner.read(new Uint8Array(1));
  } catch {
    // a client that refuses the certificate leaves
  }
  inner.close();
  await Promise.all(hops);
  hop.close();
  conn.close();
}

/** Logs in over a Unix socket; whether TLS was used, or the error. */
async function attempt(
  options: Partial<SourceOptions> & { sslMode: SslMode },
  certificate: { cert: string; key: string } = { cert: SERVER_CERT, key: SERVER_KEY },
  serve: typeof serveOnce = serveOnce,
): Promise<unknown> {
  let outcome: unknown;
  await withFolder(async (dir) => {
    const socket = `${dir}/s`;
    using listener = Deno.listen({ transport: "unix", path: socket });
    using tls = Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...certificate });
    const serving = serve(listener as unknown as Deno.Listener, tls);
    const source = {
      socket,
      user: "repl",
      getServerPublicKey: false,
      connectTimeoutMs: 10_000,
      ...options,
    };
    const log = new Logger({ write: () => {} });
    try {
      const connection = await connectSource(source, log, new AbortController().signal);
      outcome = connection.info.tls;
      connection.close();
    } catch (error) {
      outcome = error;
    }
    await serving;
  });
  return outcome;
}

Deno.test("a socket goes without TLS where that is left open", async () => {
  for (const sslMode of ["DISABLED", "PREFERRED"] as const) {
    assertEquals(await attempt({ sslMode }), false);
  }
});

Deno.test({
  name: "REQUIRED is TLS over a socket too",
  ignore: !canSkip,
  async fn() {
    assertEquals(await attempt({ sslMode: "REQUIRED" }), true);
  },
});

Deno.test("VERIFY_CA and VERIFY_IDENTITY check the server over a socket", async () => {
  await withFolder(async (dir) => {
    const local = await makeCertificate("localhost");
    const [sslCa, localCa] = [`${dir}/ca.pem`, `${dir}/local.pem`];
    await Deno.writeTextFile(sslCa, CA);
    await Deno.writeTextFile(localCa, local.cert);
    assertEquals(await attempt({ sslMode: "VERIFY_CA", sslCa }), true);
    assertEquals(await attempt({ sslMode: "VERIFY_IDENTITY", sslCa: localCa }, local), true);
    for (const wrong of [{ sslCa: localCa }, { sslCa, sslMode: "VERIFY_IDENTITY" as const }]) {
      const error = await attempt({ sslMode: "VERIFY_CA", ...wrong });
      assertInstanceOf(error, AuthError);
      assertStringIncludes(error.message, "certificate is refused");
    }
  });
});

Deno.test("a handshake that stalls over a socket is given up in time, and all of it closed", async () => {
  for (const sslMode of ["REQUIRED", "VERIFY_CA"] as const) {
    const error = await attempt({ sslMode, connectTimeoutMs: 200 }, undefined, stallOnce);
    assertInstanceOf(error, ConnectionError);
    assertStringIncludes(error.message, "within 200 ms");
  }
});
