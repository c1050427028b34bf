/** What somebody who can't log in may find out: nothing but the greeting. */
import { assertEquals, assertNotEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { PacketChannel } from "../../lib/protocol/packet_channel.ts";
import { decodeErrPacket } from "../../lib/protocol/response.ts";
import { CAPABILITY, SERVER_CAPABILITIES } from "../../lib/protocol/capabilities.ts";
import { nativePasswordResponse } from "../../lib/protocol/auth_native_password.ts";
import { decodeAuthSwitch, encodeLogin } from "../../lib/protocol/handshake.ts";
import { decoyPlugin } from "../../lib/server/decoy_account.ts";
import { RSA_KEY_FILE } from "../../lib/server/rsa_key.ts";
import { readUsersFile } from "../../lib/server/users_file.ts";
import { connect, withServer, writeFiles } from "./_local.ts";
import { Logger } from "../../lib/log.ts";
import { waitUntil } from "../_binlogd.ts";

const KNOWN = [
  ["repl", "caching_sha2_password"],
  ["native", "mysql_native_password"],
  ["ed", "ed25519"],
] as const;

/** Answers to a login with a wrong password: kind of each packet, and the error without the name. */
async function answers(server: { port: number }, user: string): Promise<string[]> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  try {
    const channel = new PacketChannel(conn);
    await channel.read();
    await channel.write(encodeLogin({
      capabilities: SERVER_CAPABILITIES & ~CAPABILITY.CLIENT_SSL,
      user,
      authResponse: new Uint8Array(32).fill(7),
      database: "",
      authPlugin: "caching_sha2_password",
      attributes: {},
    }));
    const seen: string[] = [];
    for (;;) {
      const payload = await channel.read();
      if (payload[0] === 0xff) {
        const { code, message } = decodeErrPacket(payload);
        return [...seen, `${code} ${message.replace(`'${user}'`, "X")}`];
      }
      seen.push(
        payload[0] === 0xfe
          ? new TextDecoder().decode(payload.subarray(1, payload.indexOf(0, 1)))
          : `more data ${payload[1]}`,
      );
      await channel.write(new Uint8Array(64).fill(7));
    }
  } finally {
    conn.close();
  }
}

Deno.test("a wrong password for an account looks like one for nobody's, whatever the plugin", async () => {
  await withServer(writeFiles, async (server, folder) => {
    const secret = await Deno.readTextFile(`${folder}/../${RSA_KEY_FILE}`);
    const plugins = (await readUsersFile(`${folder}/../users.toml`)).map(({ plugin }) => plugin);
    for (const [user, plugin] of KNOWN) {
      let nobody = 0;
      while (decoyPlugin(`nobody${nobody}`, plugins, secret) !== plugin) nobody++;
      assertEquals(await answers(server, `nobody${nobody}`), await answers(server, user), plugin);
    }
  });
});

Deno.test("a client that does not know the plugin of the greeting is asked by its account's", async () => {
  await withServer(writeFiles, async (server) => {
    for (const [password, answer] of [["secret", 0x00], ["wrong", 0xff]] as const) {
      using conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
      const channel = new PacketChannel(conn);
      await channel.read();
      await channel.write(encodeLogin({
        capabilities: SERVER_CAPABILITIES & ~CAPABILITY.CLIENT_SSL,
        user: "native",
        authResponse: new Uint8Array(),
        database: "",
        authPlugin: "mysql_native_password",
        attributes: {},
      }));
      const { plugin, data } = decodeAuthSwitch(await channel.read());
      assertEquals(plugin, "mysql_native_password");
      await channel.write(await nativePasswordResponse(password, data));
      assertEquals((await channel.read())[0], answer);
    }
  });
});

Deno.test("who has no account is asked by a plugin that some account has, always the same", () => {
  const plugins = ["caching_sha2_password", "ed25519"] as const;
  const names = Array.from({ length: 200 }, (_, i) => `user${i}`);
  const chosen = names.map((name) => decoyPlugin(name, plugins, "secret"));
  assertEquals(new Set(chosen), new Set(plugins));
  assertEquals(names.map((name) => decoyPlugin(name, plugins, "secret")), chosen);
  assertNotEquals(names.map((name) => decoyPlugin(name, plugins, "other")), chosen);
  assertEquals(decoyPlugin("x", [], "secret"), "caching_sha2_password");
});

Deno.test("a client that gives up its login is in the log like one with a wrong password", async () => {
  let text = "";
  const log = new Logger({ write: (line) => void (text += line) });
  await withServer(writeFiles, async (server) => {
    await assertRejects(() => connect(server, { getServerPublicKey: false }));
    await waitUntil(() => Promise.resolve(text.includes("login refused")));
    assertStringIncludes(
      text,
      "'repl'@'127.0.0.1' left when asked to log in by caching_sha2_password",
    );
    assertStringIncludes(text, "without TLS it has to ask for the server's public key");
    text = "";
    await assertRejects(() => connect(server, { password: "wrong" }));
    await waitUntil(() => Promise.resolve(text.includes("login refused")));
    assertStringIncludes(text, "Access denied for user 'repl'@'127.0.0.1'");
    text = "";
    // Again and again it would only fill the log.
    for (let i = 0; i < 5; i++) {
      await assertRejects(() => connect(server, { getServerPublicKey: false }));
    }
    await assertRejects(() => connect(server, { password: "wrong" }));
    await waitUntil(() => Promise.resolve(text.includes("login refused")));
    assertEquals(text.split("login refused").length, 2, text);
    text = "";
    // Whoever only looks whether somebody listens is no client.
    (await Deno.connect({ hostname: "127.0.0.1", port: server.port })).close();
    (await connect(server)).close();
  }, { log });
  assertEquals(text.includes("login refused"), false, text);
});
