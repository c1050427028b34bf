/** What a server may do instead of letting us in, what is no server, and connections that work. */
import { assert, assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import {
  AuthError,
  BinlogdError,
  ConnectionError,
  ProtocolError,
  ServerError,
  UsageError,
} from "../../lib/errors.ts";
import { Logger } from "../../lib/log.ts";
import { CAPABILITY, SERVER_CAPABILITIES } from "../../lib/protocol/capabilities.ts";
import { encodeAuthSwitch, encodeGreeting } from "../../lib/protocol/handshake.ts";
import { PacketChannel } from "../../lib/protocol/packet_channel.ts";
import { encodeErr } from "../../lib/protocol/response.ts";
import { encodeResultSet } from "../../lib/protocol/result_set.ts";
import { compressStream } from "../../lib/source/compression.ts";
import { connectSource } from "../../lib/source/connect.ts";
import { type Attempt, attempt, SCRAMBLE, type ScriptedServer } from "./_scripted_server.ts";

/** Greets and lets in whoever comes. */
async function welcome(server: ScriptedServer): Promise<void> {
  await server.greet({ authPlugin: "mysql_native_password" });
  await server.ok();
}

Deno.test("a server that wants the password in the clear, or what nobody has, gets nothing", async () => {
  for (const plugin of ["mysql_clear_password", "dialog", "authentication_kerberos", ""]) {
    const refused = await attempt(async (server) => {
      await server.greet();
      await server.channel.write(encodeAuthSwitch(plugin, SCRAMBLE));
    }, { getServerPublicKey: true });
    assertInstanceOf(refused.error, AuthError);
    assertStringIncludes(refused.error.message, `uses ${plugin}, which binlogd does not have`);
    assertEquals(refused.rest.length, 0);
  }
  const old = await attempt(async (server) => {
    await server.greet();
    await server.channel.write(Uint8Array.of(0xfe));
  });
  assertStringIncludes(old.error.message, "before MySQL 4.1");
});

Deno.test("a server that never comes to an end of the login is left", async () => {
  const endless = await attempt(async (server) => {
    await server.greet();
    for (let i = 0; i < 100; i++) await server.channel.write(Uint8Array.of(1, 3)).catch(() => {});
  });
  assertInstanceOf(endless.error, ProtocolError);
  assertStringIncludes(endless.error.message, "end of the login");
});

Deno.test("answers that make no sense are ProtocolErrors", async () => {
  const wrong: [string, number[]][] = [
    ["begins with 0x7", [7, 7]],
    ["begins with 0x0", []],
    ["caching_sha2_password says 9", [1, 9]],
    ["3 bytes more", [1, 4, 4, 4]],
  ];
  for (const [text, payload] of wrong) {
    const { error } = await attempt(async (server) => {
      await server.greet();
      await server.channel.write(Uint8Array.from(payload));
    });
    assertInstanceOf(error, ProtocolError, text);
    assertStringIncludes(error.message, text);
  }
  const noKey = await attempt(async (server) => {
    await server.greet();
    await server.more(4);
    await server.channel.read();
    await server.channel.write(Uint8Array.of(0, 1, 2));
  }, { getServerPublicKey: true });
  assertStringIncludes(noKey.error.message, "no public key");
  const switching = await attempt(async (server) => {
    await server.greet();
    for (let i = 0; i < 10; i++) {
      await server.channel.write(encodeAuthSwitch("mysql_native_password", SCRAMBLE));
      await server.channel.read();
    }
  });
  assertStringIncludes(switching.error.message, "keeps switching");
});

Deno.test("ERR instead of a greeting: what passes is retried, what does not says what to do", async () => {
  const refuse = (code: number, message: string): Promise<Attempt> =>
    attempt((server) => server.channel.write(encodeErr({ code, sqlState: "", message })));
  for (const code of [1040, 1053, 1077, 1203]) {
    const { error } = await refuse(code, "Too many connections");
    assertInstanceOf(error, ConnectionError);
    assertEquals([error.details.code, error.retriable], [code, true]);
  }
  const hints = { 1130: "for this client's address", 1129: "FLUSH HOSTS", 1045: "check user" };
  for (const [code, hint] of Object.entries(hints)) {
    const { error } = await refuse(Number(code), "Host is not allowed");
    assertInstanceOf(error, AuthError);
    assertStringIncludes(error.details.hint!, hint);
  }
  const other = await refuse(9999, "new in version 12");
  assertInstanceOf(other.error, AuthError);
  assertStringIncludes(other.error.message, "new in version 12");
});

Deno.test("what is no MySQL server, and what leaves, are typed errors", async () => {
  const texts = [
    "HTTP/1.1 400 Bad Request\r\n\r\n",
    "SSH-2.0-OpenSSH_9.6\r\n",
    "+OK ready\r\n",
    "\n",
  ];
  for (const text of texts) {
    const { error } = await attempt(async ({ conn }) => {
      await conn.write(new TextEncoder().encode(text));
      (conn as Deno.TcpConn).closeWrite();
    });
    assert(error instanceof ProtocolError || error instanceof ConnectionError, `${text}: ${error}`);
  }
  const gone = await attempt(({ conn }) => (conn as Deno.TcpConn).closeWrite());
  assertInstanceOf(gone.error, ConnectionError);
  const ancient = await attempt(async (server) => {
    await server.greet({ capabilities: 0, serverVersion: "4.0.30" });
  });
  assertInstanceOf(ancient.error, AuthError);
  assertStringIncludes(ancient.error.message, "4.0.30 is too old");
});

Deno.test("a greeting cut at each length or changed at each byte is a typed error or a login", async () => {
  const payload = encodeGreeting({
    serverVersion: "9.7.4",
    connectionId: 1,
    scramble: SCRAMBLE,
    capabilities: SERVER_CAPABILITIES,
    charset: 255,
    status: 2,
    authPlugin: "caching_sha2_password",
  });
  const send = async (changed: Uint8Array, what: string): Promise<void> => {
    const { error, connection } = await attempt(async ({ channel, conn }) => {
      await channel.write(changed);
      (conn as Deno.TcpConn).closeWrite();
    });
    assertEquals(connection, undefined);
    assert(error instanceof BinlogdError, `${what}: ${error}`);
  };
  for (let size = 0; size < payload.length; size++) {
    await send(payload.subarray(0, size), `${size}`);
  }
  for (let at = 0; at < payload.length; at++) {
    const changed = payload.slice();
    changed[at]! ^= 0x84;
    await send(changed, `byte ${at}`);
  }
});

Deno.test("a server that is silent is given up in time, and at once when we are to stop", async () => {
  const late = await attempt(() => Promise.resolve(), { connectTimeoutMs: 1000 });
  assertInstanceOf(late.error, ConnectionError);
  assertStringIncludes(late.error.message, "No login at 127.0.0.1:");
  assertStringIncludes(late.error.message, "within 1000 ms");
  const greeted = await attempt(async (server) => {
    await server.greet();
  }, { connectTimeoutMs: 80 });
  assertStringIncludes(greeted.error.message, "within 80 ms");
  const stop = new AbortController();
  const reason = new Error("SIGTERM");
  const stopped = await attempt(
    () => {
      stop.abort(reason);
      return Promise.resolve();
    },
    {},
    stop.signal,
  );
  assertEquals(stopped.error, reason);
});

Deno.test("nobody at the address, and no such socket, are ConnectionErrors with a hint", async () => {
  const port = 1;
  const options = {
    user: "repl",
    sslMode: "DISABLED" as const,
    getServerPublicKey: false,
    connectTimeoutMs: 5000,
  };
  const log = new Logger({ write: () => {} });
  const { signal } = new AbortController();
  const refused = await connectSource({ ...options, host: "127.0.0.1", port }, log, signal)
    .catch((error) => error);
  assertInstanceOf(refused, ConnectionError);
  assertStringIncludes(refused.message, `Cannot connect to 127.0.0.1:${port}`);
  assertStringIncludes(refused.details.hint!, "bind_address");
  const missing = await connectSource({ ...options, socket: "/nowhere/mysqld.sock" }, log, signal)
    .catch((error) => error);
  assertInstanceOf(missing, ConnectionError);
  assertStringIncludes(missing.message, "/nowhere/mysqld.sock");
});

Deno.test("TLS that is required and not offered is refused before a name is sent", async () => {
  for (const sslMode of ["REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"] as const) {
    const refused = await attempt(async (server) => {
      await server.greet();
    }, { sslMode });
    assertInstanceOf(refused.error, AuthError);
    assertStringIncludes(refused.error.message, `--ssl-mode=${sslMode}`);
  }
  assertEquals((await attempt(welcome, { sslMode: "PREFERRED" })).error, undefined);
});

Deno.test("queries go through a compressed connection, and errors of the server come out", async () => {
  const rows = [["9.7.4".repeat(100)]];
  const run = await attempt(
    async (server) => {
      const login = await server.greet({
        authPlugin: "mysql_native_password",
        capabilities: SERVER_CAPABILITIES | CAPABILITY.CLIENT_COMPRESS,
      });
      assert(login.capabilities & CAPABILITY.CLIENT_COMPRESS);
      await server.ok();
      const channel = new PacketChannel(await compressStream(server.conn, "zlib"));
      for (let i = 0; i < 2; i++) {
        channel.sequence = 0;
        const query = new TextDecoder().decode(await channel.read());
        assertStringIncludes(query, "SELECT");
        if (i > 0) {
          await channel.write(encodeErr({ code: 1064, sqlState: "42000", message: "what?" }));
        } else for (const part of encodeResultSet([{ name: "v" }], rows)) await channel.write(part);
      }
    },
    { compressionAlgorithms: ["zlib"] },
    undefined,
    async (connection) => {
      assertEquals(connection.info.compression, "zlib");
      assertEquals((await connection.query(`SELECT ${"x".repeat(200)}`)).rows, rows);
      const error = await connection.query("SELECT what").catch((error) => error);
      assertInstanceOf(error, ServerError);
      assertEquals(error.details.code, 1064);
    },
  );
  assertEquals(run.error, undefined);
  const refused = await attempt(async (server) => {
    await server.greet();
  }, { compressionAlgorithms: ["zlib"] });
  assertInstanceOf(refused.error, UsageError);
});
