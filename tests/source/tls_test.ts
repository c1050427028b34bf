/** TLS by mode: what is verified, what is not, and what is said. */
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { AuthError, BinlogdError, ConnectionError } from "../../lib/errors.ts";
import { makeCertificate } from "../../lib/server/self_made_certificate.ts";
import { writeAll } from "../../lib/protocol/byte_stream.ts";
import type { SourceOptions, SslMode } from "../../lib/source/source_options.ts";
import { canSkipVerification, startTls } from "../../lib/source/tls.ts";
import { withFolder } from "../_pipeline.ts";
import { CA, NAMELESS_CERT, SERVER_CERT, SERVER_KEY } from "./_certificates.ts";

const SKIP_FLAG = "--unsafely-ignore-certificate-errors=no-verify.invalid";
const certificate = await makeCertificate("db1.example");
const other = await makeCertificate("db1.example");
/** Only a runtime that was started with the flag for it, as the tests are by their task, can. */
const canSkip = await canSkipVerification();

function optionsOf(sslMode: SslMode, more: Partial<SourceOptions> = {}): SourceOptions {
  return {
    host: "127.0.0.1",
    user: "repl",
    sslMode,
    getServerPublicKey: false,
    connectTimeoutMs: 5000,
    ...more,
  };
}

/** Begins TLS with a server that has the certificate; "pong" or the error. */
async function tryTls(
  options: SourceOptions,
  { cert, key }: { cert: string; key: string } = certificate,
): Promise<unknown> {
  using listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key });
  const serving = listener.accept().then(async (conn) => {
    try {
      await conn.handshake();
      await conn.write(new TextEncoder().encode("pong"));
      await conn.read(new Uint8Array(1));
    } finally {
      conn.close();
    }
  }).catch(() => {});
  const plain = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
  try {
    const tls = await startTls(plain, options);
    const buffer = new Uint8Array(10);
    const size = await tls.read(buffer);
    tls.close();
    return new TextDecoder().decode(buffer.subarray(0, size ?? 0));
  } catch (error) {
    try {
      plain.close();
    } catch {
      // given over to TLS, and closed with it
    }
    return error;
  } finally {
    await serving;
  }
}

Deno.test({
  name: "REQUIRED and PREFERRED take any certificate, for any host",
  ignore: !canSkip,
  async fn() {
    for (const mode of ["REQUIRED", "PREFERRED"] as const) {
      for (const host of ["127.0.0.1", "some.other.host", "::1"]) {
        assertEquals(await tryTls(optionsOf(mode, { host })), "pong", `${mode} ${host}`);
      }
    }
  },
});

Deno.test("VERIFY_CA and VERIFY_IDENTITY refuse a certificate nobody vouches for", async () => {
  await withFolder(async (dir) => {
    await Deno.writeTextFile(`${dir}/other.pem`, other.cert);
    for (const mode of ["VERIFY_CA", "VERIFY_IDENTITY"] as const) {
      for (const sslCa of [undefined, `${dir}/other.pem`]) {
        const error = await tryTls(optionsOf(mode, sslCa ? { sslCa } : {}));
        assertInstanceOf(error, AuthError);
        assertStringIncludes(error.message, "certificate is refused");
        assertStringIncludes(error.details.hint!, "--ssl-ca");
        assertEquals(error.exitCode, 5);
      }
    }
  });
});

Deno.test("files that are not there, or hold no certificate, are named", async () => {
  await withFolder(async (dir) => {
    const missing = await tryTls(optionsOf("VERIFY_CA", { sslCa: `${dir}/none.pem` }));
    assertInstanceOf(missing, AuthError);
    assertStringIncludes(missing.message, "Cannot read --ssl-ca");
    assertEquals(missing.details.file, `${dir}/none.pem`);
    const key = await tryTls(
      optionsOf("VERIFY_CA", { sslCert: `${dir}/cert.pem`, sslKey: `${dir}/key.pem` }),
    );
    assertInstanceOf(key, AuthError);
    assertStringIncludes(key.message, "Cannot read --ssl-cert");
    await Deno.writeTextFile(`${dir}/noise.pem`, "no certificate");
    const noise = await tryTls(optionsOf("VERIFY_CA", { sslCa: `${dir}/noise.pem` }));
    assertInstanceOf(noise, AuthError);
    const unread = await tryTls(
      optionsOf("REQUIRED", { sslCert: `${dir}/noise.pem`, sslKey: `${dir}/noise.pem` }),
    );
    assertInstanceOf(unread, AuthError);
    assertStringIncludes(unread.message, "Cannot read --ssl-cert");
  });
});

Deno.test("a peer that does not speak TLS is a ConnectionError, not a refused certificate", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = listener.accept().then(async (conn) => {
    await conn.write(new TextEncoder().encode("I am no TLS server, sorry for that\r\n"));
    await conn.read(new Uint8Array(1000)).catch(() => {});
    conn.close();
  });
  const plain = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
  const error = await startTls(plain, optionsOf("VERIFY_CA")).catch((error) => error);
  assertInstanceOf(error, ConnectionError);
  assertStringIncludes(error.message, "Cannot begin TLS");
  await serving;
});

Deno.test("VERIFY_CA asks who signed, VERIFY_IDENTITY also for the host's name", async () => {
  await withFolder(async (dir) => {
    const sslCa = `${dir}/ca.pem`;
    await Deno.writeTextFile(sslCa, CA);
    const named = { cert: SERVER_CERT, key: SERVER_KEY };
    const nameless = { cert: NAMELESS_CERT, key: SERVER_KEY };
    const tries: [SslMode, string, typeof named, boolean][] = [
      ["VERIFY_CA", "db1.example", named, true],
      ["VERIFY_CA", "db2.example", named, true],
      ["VERIFY_CA", "db1.example", nameless, true],
      ["VERIFY_CA", "10.1.2.3", nameless, true],
      ["VERIFY_IDENTITY", "db1.example", named, true],
      ["VERIFY_IDENTITY", "127.0.0.1", named, true],
      ["VERIFY_IDENTITY", "db2.example", named, false],
      ["VERIFY_IDENTITY", "127.0.0.2", named, false],
      ["VERIFY_IDENTITY", "db2.example", nameless, false],
    ];
    for (const [mode, host, cert, isTaken] of tries) {
      const outcome = await tryTls(optionsOf(mode, { host, sslCa }), cert);
      const what = `${mode} ${host}: ${outcome}`;
      if (isTaken) assertEquals(outcome, "pong", what);
      else {
        assertInstanceOf(outcome, AuthError, what);
        assertStringIncludes(outcome.details.hint!, "a name that the certificate is for", what);
      }
    }
  });
});

Deno.test("authorities that the runtime trusts do not count where one is given", async () => {
  await withFolder(async (dir) => {
    const [trusted, given] = [`${dir}/trusted.pem`, `${dir}/given.pem`];
    await Deno.writeTextFile(trusted, CA);
    await Deno.writeTextFile(given, other.cert);
    using listener = Deno.listenTls({
      hostname: "127.0.0.1",
      port: 0,
      cert: SERVER_CERT,
      key: SERVER_KEY,
    });
    const serving = (async () => {
      for await (const conn of listener) {
        conn.handshake().finally(() => conn.close()).catch(() => {});
      }
    })().catch(() => {});
    const program = `import { startTls } from "${new URL(
      "../../lib/source/tls.ts",
      import.meta.url,
    )}";
      for (const sslMode of ["VERIFY_CA", "VERIFY_IDENTITY"]) {
        for (const sslCa of ["${given}", "${trusted}"]) {
          const conn = await Deno.connect({ hostname: "127.0.0.1", port: ${listener.addr.port} });
          const options = { host: "db1.example", sslMode, sslCa };
          console.log(await startTls(conn, options).then(() => "taken", (error) => error.name));
        }
      }
      Deno.exit(0);`;
    for (const flags of [[], [SKIP_FLAG]]) {
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["eval", "--quiet", ...flags, program],
        env: { DENO_CERT: trusted },
      }).output();
      const said = new TextDecoder().decode(stdout).trim().split("\n");
      const each = ["AuthError", "taken"];
      assertEquals(said, [...each, ...each], new TextDecoder().decode(stderr));
    }
    listener.close();
    await serving;
  });
});

Deno.test("a handshake that stalls is ended by who closes the stream that takes its place", async () => {
  for (const sslMode of ["REQUIRED", "VERIFY_CA"] as const) {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const accepted = listener.accept();
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
    let stream: { close(): void } = conn;
    const begun = startTls(conn, optionsOf(sslMode), (next) => stream = next);
    const ended = assertRejects(() => begun, BinlogdError);
    // What the handshake begins with has come; nothing is said to that.
    const far = await accepted;
    await far.read(new Uint8Array(1000));
    stream.close();
    await ended;
    far.close();
  }
});

Deno.test("whether a runtime can go without verification is what it was started with", async () => {
  const tls = new URL("../../lib/source/tls.ts", import.meta.url).href;
  const program = `import { canSkipVerification } from "${tls}";
    console.log(await canSkipVerification());`;
  for (const [flags, expected] of [[[], "false\n"], [[SKIP_FLAG], "true\n"]] as const) {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--quiet", ...flags, program],
      stderr: "null",
    }).output();
    assertEquals(new TextDecoder().decode(stdout), expected);
  }
});

Deno.test("bytes come through whole in both directions, and a close ends a read", async () => {
  const sent = Uint8Array.from({ length: 1_500_000 }, (_, i) => (i * 167 + (i >> 8)) & 255);
  using listener = Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    cert: SERVER_CERT,
    key: SERVER_KEY,
  });
  const echoing = listener.accept().then(async (conn) => {
    const buffer = new Uint8Array(50_000);
    try {
      for (let size = await conn.read(buffer); size; size = await conn.read(buffer)) {
        await writeAll(conn, buffer.subarray(0, size));
      }
    } catch {
      // the client closed without a word
    }
    conn.close();
  });
  await withFolder(async (dir) => {
    await Deno.writeTextFile(`${dir}/ca.pem`, CA);
    const plain = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
    const tls = await startTls(plain, optionsOf("VERIFY_IDENTITY", { sslCa: `${dir}/ca.pem` }));
    const writing = writeAll(tls, sent);
    const got = new Uint8Array(sent.length);
    for (let at = 0; at < got.length;) {
      const size = await tls.read(got.subarray(at, at + 33_333));
      assert(size, `ended at ${at}`);
      at += size;
    }
    await writing;
    assert(got.every((byte, i) => byte === sent[i]));
    const pending = tls.read(new Uint8Array(10)).catch(() => null);
    tls.close();
    assertEquals(await pending, null);
    await echoing;
  });
});
