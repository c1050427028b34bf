import { newIdentity, writeIdentity } from "../../lib/store/identity.ts";
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { AuthError, type ServerError } from "../../lib/errors.ts";
import { makeCertificate } from "../../lib/server/self_made_certificate.ts";
import { COMMAND } from "../../lib/protocol/commands.ts";
import { connect, withServer, writeFiles } from "./_local.ts";

async function errorOf(work: Promise<unknown>): Promise<number | undefined> {
  const error = await assertRejects(() => work) as ServerError;
  return error.details?.code;
}

Deno.test("every plugin logs in, plain and over TLS, with the right password only", async () => {
  const tls = await makeCertificate("test");
  await withServer(writeFiles, async (server) => {
    for (const user of ["repl", "native", "ed"]) {
      for (const sslMode of ["DISABLED", "REQUIRED"] as const) {
        const connection = await connect(server, { user, sslMode });
        assertEquals(connection.info.tls, sslMode === "REQUIRED");
        assertEquals(await connection.queryValue("SELECT CURRENT_USER()"), `${user}@%`);
        connection.close();
      }
      await assertRejects(() => connect(server, { user, password: "wrong" }), AuthError);
      await assertRejects(() => connect(server, { user, password: "" }), AuthError);
    }
    await assertRejects(() => connect(server, { user: "nobody" }), AuthError);
  }, { tls });
});

Deno.test("who has logged in once needs neither TLS nor key for caching_sha2_password", async () => {
  await withServer(writeFiles, async (server) => {
    const refused = await assertRejects(() => connect(server, { getServerPublicKey: false }));
    assertStringIncludes(String(refused), "key");
    (await connect(server)).close();
    (await connect(server, { getServerPublicKey: false })).close();
  });
});

Deno.test("--require-tls refuses a login without", async () => {
  const tls = await makeCertificate("test");
  await withServer(writeFiles, async (server) => {
    await assertRejects(() => connect(server));
    (await connect(server, { sslMode: "REQUIRED" })).close();
  }, { tls, requireTls: true });
});

Deno.test("what an account may not, it is refused", async () => {
  await withServer(writeFiles, async (server) => {
    const replica = await connect(server);
    assertEquals(await errorOf(replica.query("SHOW BINARY LOGS")), 1227);
    assertEquals(await errorOf(replica.query("PURGE BINARY LOGS TO 'binlog.000002'")), 1227);
    const monitor = await connect(server, { user: "monitor" });
    assertEquals((await monitor.query("SHOW BINARY LOGS")).rows.length, 2);
    const dump = Uint8Array.of(COMMAND.COM_BINLOG_DUMP, 4, 0, 0, 0, 0, 0, 9, 0, 0, 0);
    assertEquals(await errorOf(monitor.query(`KILL ${replica.info.connectionId}`)), 1095);
    assertEquals(await errorOf(monitor.query("KILL 4000000000")), 1094);
    assertEquals(await errorOf(monitor.command(dump)), 1227);
    const same = await connect(server);
    await same.query(`KILL ${replica.info.connectionId}`);
    await assertRejects(() => replica.query("SELECT 1"));
    same.close();
  });
});

Deno.test("commands: ping and reset are answered, unknown ones refused, and all go on", async () => {
  await withServer(writeFiles, async (server) => {
    const connection = await connect(server);
    await connection.command(Uint8Array.of(COMMAND.COM_PING));
    await connection.query("SET @a = 1, @b = 'x'");
    assertEquals((await connection.query("SELECT @a, @B, @c")).rows, [["1", "x", null]]);
    await connection.command(Uint8Array.of(COMMAND.COM_RESET_CONNECTION));
    assertEquals(await connection.queryValue("SELECT @a"), null);
    for (const [code, expected] of [[0x05, 1047], [0x16, 1295], [0x77, 1047]] as const) {
      assertEquals(await errorOf(connection.command(Uint8Array.of(code, 0x53))), expected);
    }
    assertEquals(await errorOf(connection.query("SELECT @@rpl_semi_sync_nothing")), 1193);
    assertEquals(await errorOf(connection.query("SET GLOBAL read_only = 0")), 1238);
    assertEquals(await errorOf(connection.query("SELECT constructor")), 1054);
    assertEquals(await errorOf(connection.query("SELECT constructor()")), 1235);
    assertEquals(await connection.queryValue("SELECT 1"), "1");
    connection.close();
  });
});

Deno.test("PURGE removes files in front, and not one that is not there", async () => {
  const { purgeServed } = await import("../../lib/cli/purge_served.ts");
  let folder = "";
  const purge = (file: string): Promise<void> => purgeServed(folder, file);
  await withServer(writeFiles, async (server, dir) => {
    folder = dir;
    await writeIdentity(dir, newIdentity());
    const connection = await connect(server, { user: "admin" });
    assertEquals(await errorOf(connection.query("PURGE BINARY LOGS TO 'binlog.000009'")), 1373);
    await connection.query("PURGE BINARY LOGS TO 'binlog.000002'");
    const { rows } = await connection.query("SHOW BINARY LOGS");
    assertEquals(rows.map(([name]) => name), ["binlog.000002"]);
    const uuid = "00000000-0000-0000-0000-000000000000";
    assertEquals(await connection.queryValue("SELECT @@gtid_purged"), `${uuid}:1-10`);
    connection.close();
  }, { purge });
});

Deno.test("beyond the limit of connections a login is told so", async () => {
  await withServer(writeFiles, async (server) => {
    const first = await connect(server);
    const second = await connect(server).then(
      (connection) => connection.queryValue("SELECT 1").catch(String),
      String,
    );
    assertStringIncludes(String(second), "Too many connections");
    first.close();
  }, { maxConnections: 1 });
});
