/** Logging in at a server that follows a script, with each plugin, and what the password is sent to. */
import { assert, assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import { ed25519 } from "@noble/curves/ed25519";
import { pbkdf2Sync } from "node:crypto";
import { AuthError } from "../../lib/errors.ts";
import { ed25519PublicKey, verifyEd25519 } from "../../lib/protocol/auth_ed25519.ts";
import { decryptPassword } from "../../lib/protocol/auth_rsa.ts";
import { encodeAuthSwitch } from "../../lib/protocol/handshake.ts";
import { cachingSha2Hash, verifyCachingSha2 } from "../../lib/protocol/verify_caching_sha2.ts";
import {
  nativePasswordHash,
  verifyNativePassword,
} from "../../lib/protocol/verify_native_password.ts";
import { withFolder } from "../_pipeline.ts";
import {
  type Attempt,
  attempt,
  PASSWORD,
  RSA,
  SCRAMBLE,
  type Script,
  type ScriptedServer,
} from "./_scripted_server.ts";

const NONCE = Uint8Array.from({ length: 32 }, (_, i) => 200 - i * 3);
const pem = new TextEncoder().encode(RSA.publicKey);

/** Nothing that was said or sent in the clear holds the password. */
function assertKeptSecret({ error, log, rest }: Attempt): void {
  const said = `${error?.stack ?? ""} ${JSON.stringify(error?.details ?? {})} ${log.join("\n")}`;
  assert(!said.includes("nter2"), said);
  assert(!new TextDecoder().decode(rest).includes("nter2"), "the password went over the wire");
}

async function answer(server: ScriptedServer, isRight: boolean): Promise<void> {
  await (isRight ? server.ok() : server.deny());
}

/** Scripts by plugin: each lets in who knows the password. */
const PLUGINS: Record<string, Script> = {
  async mysql_native_password(server) {
    const { authPlugin, authResponse } = await server.greet({
      authPlugin: "mysql_native_password",
    });
    assertEquals(authPlugin, "mysql_native_password");
    const hash = nativePasswordHash(PASSWORD);
    await answer(server, verifyNativePassword(authResponse, SCRAMBLE, hash));
  },
  async "caching_sha2_password, fast"(server) {
    const { authPlugin, authResponse } = await server.greet();
    assertEquals(authPlugin, "caching_sha2_password");
    const isRight = verifyCachingSha2(authResponse, SCRAMBLE, cachingSha2Hash(PASSWORD));
    if (isRight) await server.more(3);
    await answer(server, isRight);
  },
  async "caching_sha2_password, RSA"(server) {
    await server.greet();
    await server.more(4);
    assertEquals(await server.channel.read(), Uint8Array.of(2));
    await server.more(...pem);
    const cipher = await server.channel.read();
    await answer(server, decryptPassword(cipher, SCRAMBLE, RSA.privateKey) === PASSWORD);
  },
  async "switch to mysql_native_password"(server) {
    await server.greet();
    const other = SCRAMBLE.toReversed();
    await server.channel.write(encodeAuthSwitch("mysql_native_password", other));
    const response = await server.channel.read();
    await answer(server, verifyNativePassword(response, other, nativePasswordHash(PASSWORD)));
  },
  async "switch to client_ed25519"(server) {
    await server.greet({ authPlugin: "mysql_native_password" });
    await server.channel.write(encodeAuthSwitch("client_ed25519", NONCE));
    const response = await server.channel.read();
    await answer(server, verifyEd25519(response, NONCE, ed25519PublicKey(PASSWORD)));
  },
  async "switch to parsec"(server) {
    await server.greet({ authPlugin: "mysql_native_password" });
    await server.channel.write(encodeAuthSwitch("parsec", NONCE));
    assertEquals((await server.channel.read()).length, 0);
    const salt = Uint8Array.from({ length: 18 }, (_, i) => i);
    await server.more(0x50, 0, ...salt);
    const response = await server.channel.read();
    const seed = new Uint8Array(pbkdf2Sync(PASSWORD, salt, 1024, 32, "sha512"));
    const signed = Uint8Array.of(...NONCE, ...response.subarray(0, 32));
    const key = ed25519.getPublicKey(seed);
    await answer(server, ed25519.verify(response.subarray(32), signed, key));
  },
  async "switch to sha256_password"(server) {
    await server.greet();
    await server.channel.write(encodeAuthSwitch("sha256_password", SCRAMBLE));
    const first = await server.channel.read();
    if (first[0] === 0) return await server.deny(); // no password
    assertEquals(first, Uint8Array.of(1));
    await server.more(...pem);
    const cipher = await server.channel.read();
    await answer(server, decryptPassword(cipher, SCRAMBLE, RSA.privateKey) === PASSWORD);
  },
  async "switch twice, back to caching_sha2_password by RSA"(server) {
    await server.greet();
    await server.channel.write(encodeAuthSwitch("mysql_native_password", SCRAMBLE));
    await server.channel.read();
    const other = SCRAMBLE.toReversed();
    await server.channel.write(encodeAuthSwitch("caching_sha2_password", other));
    await server.channel.read();
    await server.more(4);
    await server.channel.read();
    await server.more(...pem);
    const cipher = await server.channel.read();
    await answer(server, decryptPassword(cipher, other, RSA.privateKey) === PASSWORD);
  },
  async "a plugin nobody has, then mysql_native_password"(server) {
    const { authPlugin } = await server.greet({ authPlugin: "authentication_kerberos" });
    assertEquals(authPlugin, "mysql_native_password");
    await server.channel.write(encodeAuthSwitch("mysql_native_password", SCRAMBLE));
    const response = await server.channel.read();
    await answer(server, verifyNativePassword(response, SCRAMBLE, nativePasswordHash(PASSWORD)));
  },
};

for (const [plugin, script] of Object.entries(PLUGINS)) {
  Deno.test(`${plugin}: the password lets in, another does not`, async () => {
    const right = await attempt(script, { getServerPublicKey: true });
    assertEquals(right.error, undefined);
    assert(plugin.includes(right.connection!.info.authPlugin));
    assertKeptSecret(right);
    const wrong = await attempt(script, { getServerPublicKey: true, password: "hünter2 Secret" });
    assertInstanceOf(wrong.error, AuthError);
    assertEquals([wrong.error.details.code, wrong.error.details.sqlState], [1045, "28000"]);
    assertStringIncludes(wrong.error.message, "refuses the login of repl");
    assertStringIncludes(wrong.error.details.hint!, "check user and password");
    assertKeptSecret(wrong);
    const none = await attempt(script, { getServerPublicKey: true, password: "" });
    assertInstanceOf(none.error, AuthError);
    assertStringIncludes(none.error.details.hint!, "no password was given");
  });
}

Deno.test("a login says who we are, and the connection what the server is", async () => {
  let login: unknown;
  const { connection } = await attempt(async (server) => {
    const { user, attributes, database } = await server.greet({
      serverVersion: "5.5.5-10.11.19-MariaDB-log",
      authPlugin: "mysql_native_password",
    });
    login = { user, database, ...attributes };
    await server.ok();
  }, { programName: "binlogd test" });
  assertEquals(login, {
    user: "repl",
    database: "",
    _client_name: "binlogd",
    _pid: String(Deno.pid),
    program_name: "binlogd test",
    _client_role: "binary_log_listener",
  });
  const { serverVersion, flavour, connectionId, tls, compression } = connection!.info;
  assertEquals([serverVersion, flavour], ["10.11.19-MariaDB-log", "mariadb"]);
  assertEquals([connectionId, tls, compression], [77, false, "uncompressed"]);
});

Deno.test("the fast way without key and TLS is warned of, with them it is not", async () => {
  const script = PLUGINS["caching_sha2_password, fast"]!;
  const bare = await attempt(script);
  assertEquals(bare.log.filter((line) => line.includes("password cache only")).length, 1);
  assertEquals((await attempt(script, { getServerPublicKey: true })).log, []);
  assertEquals((await attempt(script, { serverPublicKeyPath: "/somewhere" })).log, []);
});

Deno.test("without leave for it the password is sent to no key that came over the network", async () => {
  const sha2 = await attempt(async (server) => {
    await server.greet();
    await server.more(4);
  });
  assertInstanceOf(sha2.error, AuthError);
  assertStringIncludes(sha2.error.details.hint!, "--get-server-public-key");
  assertEquals(sha2.rest.length, 0);
  const sha256 = await attempt(async (server) => {
    await server.greet();
    await server.channel.write(encodeAuthSwitch("sha256_password", SCRAMBLE));
    await server.channel.read();
    await server.more(...pem);
  });
  assertInstanceOf(sha256.error, AuthError);
  assertEquals(sha256.rest.length, 0);
});

Deno.test("a key known beforehand is used, and none is asked for", async () => {
  const script: Script = async (server) => {
    await server.greet();
    await server.more(4);
    const cipher = await server.channel.read();
    assertEquals(cipher.length, 256);
    await answer(server, decryptPassword(cipher, SCRAMBLE, RSA.privateKey) === PASSWORD);
  };
  await withFolder(async (dir) => {
    const path = `${dir}/key.pem`;
    await Deno.writeTextFile(path, `${RSA.publicKey}\0`);
    assertEquals((await attempt(script, { serverPublicKeyPath: path })).error, undefined);
    for (const content of ["", "no key at all", RSA.publicKey.slice(0, 100)]) {
      await Deno.writeTextFile(path, content);
      const refused = await attempt(script, { serverPublicKeyPath: path });
      assertInstanceOf(refused.error, AuthError);
      assertKeptSecret(refused);
    }
    const missing = await attempt(script, { serverPublicKeyPath: `${dir}/none` });
    assertInstanceOf(missing.error, AuthError);
    assertStringIncludes(missing.error.message, "--server-public-key-path");
  });
});
