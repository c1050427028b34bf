import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { binlogd, RunningBinlogd, sourceUrl, waitUntil } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { serverTest, startServer } from "../_servers.ts";
import { CA } from "../source/_certificates.ts";

const HOST = "127.0.0.1";

/** The account's statement for each plugin, by server. */
const PLUGINS: Record<string, Record<string, string>> = {
  mysql97: {
    caching_sha2_password: "IDENTIFIED WITH caching_sha2_password BY 'secret'",
    sha256_password: "IDENTIFIED WITH sha256_password BY 'secret'",
    empty: "IDENTIFIED WITH caching_sha2_password BY ''",
  },
  mariadb1011: {
    mysql_native_password: "IDENTIFIED VIA mysql_native_password USING PASSWORD('secret')",
    client_ed25519: "IDENTIFIED VIA ed25519 USING PASSWORD('secret')",
  },
  mariadb118: {
    mysql_native_password: "IDENTIFIED VIA mysql_native_password USING PASSWORD('secret')",
    client_ed25519: "IDENTIFIED VIA ed25519 USING PASSWORD('secret')",
    parsec: "IDENTIFIED VIA parsec USING PASSWORD('secret')",
  },
};

serverTest("each authentication plugin logs in, over TCP, TLS and socket", async (kind) => {
  const config = kind === "mariadb118"
    ? ["plugin-load-add=auth_ed25519", "plugin-load-add=auth_parsec"]
    : kind === "mariadb1011"
    ? ["plugin-load-add=auth_ed25519"]
    : [];
  await using server = await startServer(kind, { config });
  let number = 0;
  for (const [plugin, identified] of Object.entries(PLUGINS[kind]!)) {
    for (const way of ["tcp", "tls", "socket"]) {
      if (way === "tls" && kind === "mariadb1011") continue; // it has no certificate
      const user = `u${++number}`;
      const host = way === "socket" ? "localhost" : HOST;
      await server.sql(
        `SET sql_log_bin=0; CREATE USER ${user}@'${host}' ${identified}; ` +
          `GRANT REPLICATION SLAVE ON *.* TO ${user}@'${host}'`,
      );
      await withFolder(async (dir) => {
        const args = way === "socket"
          ? [`mysql://${user}@${server.socket}`]
          : [sourceUrl(server, user), `--ssl-mode=${way === "tls" ? "REQUIRED" : "DISABLED"}`];
        const password = plugin === "empty" ? "" : "secret";
        const key = way === "tcp" ? ["--get-server-public-key"] : [];
        const run = await binlogd(["dump", ...args, ...key, "--dir", dir], { MYSQL_PWD: password });
        assertEquals(run.code, 0, `${plugin} over ${way}: ${run.stderr}`);
        assertStringIncludes(run.stderr, way === "tls" ? "tls=true" : "tls=false");
      });
    }
  }
});

serverTest("caching_sha2_password goes over plain TCP only with the server's key", async (kind) => {
  await using server = await startServer(kind);
  const plain = [sourceUrl(server), "--ssl-mode=DISABLED"];
  await withFolder(async (dir) => {
    const refused = await binlogd(["dump", ...plain, "--dir", dir]);
    assertEquals(refused.code, 5, refused.stderr);
    assertStringIncludes(refused.stderr, "--get-server-public-key");
    const key = `${dir}/key.pem`;
    await Deno.copyFile(`${server.folder}/data/public_key.pem`, key);
    const store = `${dir}/store`;
    const known = await binlogd([
      "dump",
      ...plain,
      "--dir",
      store,
      `--server-public-key-path=${key}`,
    ]);
    assertEquals(known.code, 0, known.stderr);
    const fast = await binlogd(["dump", ...plain, "--dir", store]);
    assertEquals(fast.code, 0, fast.stderr);
    assertStringIncludes(fast.stderr, "password cache only");
  });
}, ["mysql97"]);

serverTest("TLS: REQUIRED takes a self-made certificate, VERIFY_* refuse it", async (kind) => {
  await using server = await startServer(kind);
  await withFolder(async (dir) => {
    const args = ["dump", sourceUrl(server), "--dir", dir];
    for (const mode of ["PREFERRED", "REQUIRED"]) {
      const run = await binlogd([...args, `--ssl-mode=${mode}`]);
      assertEquals(run.code, 0, run.stderr);
      assertStringIncludes(run.stderr, "tls=true");
    }
    for (const mode of ["VERIFY_CA", "VERIFY_IDENTITY"]) {
      const run = await binlogd([...args, `--ssl-mode=${mode}`]);
      assertEquals(run.code, 5, run.stderr);
      assertStringIncludes(run.stderr, "certificate is refused");
    }
  });
}, ["mysql97", "mariadb118"]);

serverTest("our certificate is shown in each mode, and --ssl-ca is looked at", async (kind) => {
  // The runtime of the executable can't show one, and says so.
  const inBinary = Deno.env.get("BINLOGD_TEST_BINARY") !== undefined;
  await using server = await startServer(kind);
  await server.sql(
    "SET sql_log_bin=0; CREATE USER known@'127.0.0.1' IDENTIFIED BY 'secret' REQUIRE X509; " +
      "GRANT REPLICATION SLAVE ON *.* TO known@'127.0.0.1'",
  );
  await withFolder(async (dir) => {
    const data = `${server.folder}/data`;
    const args = ["dump", sourceUrl(server, "known"), "--dir", `${dir}/store`];
    const ours = [`--ssl-cert=${data}/client-cert.pem`, `--ssl-key=${data}/client-key.pem`];
    const signer = `--ssl-ca=${data}/ca.pem`;
    for (const more of ["--ssl-mode=PREFERRED", "--ssl-mode=REQUIRED", signer]) {
      const run = await binlogd([...args, ...ours, more]);
      if (inBinary) {
        assertEquals(run.code, 5, run.stderr);
        assertStringIncludes(run.stderr, "can't show --ssl-cert");
        continue;
      }
      assertEquals(run.code, 0, `${more}: ${run.stderr}`);
      assertStringIncludes(run.stderr, "tls=true");
    }
    assertEquals((await binlogd([...args, "--ssl-mode=REQUIRED"])).code, 5);
    if (inBinary) return;
    const foreign = `${dir}/foreign.pem`;
    await Deno.writeTextFile(foreign, CA);
    const refused = await binlogd([...args, ...ours, `--ssl-ca=${foreign}`]);
    assertEquals(refused.code, 5, refused.stderr);
    assertStringIncludes(refused.stderr, "certificate is refused");
  });
}, ["mysql97"]);

serverTest("REQUIRED is an error, PREFERRED goes on, where the server has no TLS", async (kind) => {
  await using server = await startServer(kind);
  await withFolder(async (dir) => {
    const args = ["dump", sourceUrl(server), "--dir", dir];
    const required = await binlogd([...args, "--ssl-mode=REQUIRED"]);
    assertEquals(required.code, 5, required.stderr);
    assertStringIncludes(required.stderr, "does not offer TLS");
    assertEquals((await binlogd(args)).code, 0);
  });
}, ["mariadb1011"]);

serverTest(
  "options come from files, environment and command line, passwords stay hidden",
  async (kind) => {
    await using server = await startServer(kind);
    await withFolder(async (dir) => {
      const secret = `${dir}/password`;
      await Deno.writeTextFile(secret, "secret\n", { mode: 0o600 });
      const file = `${dir}/my.cnf`;
      await Deno.writeTextFile(
        file,
        `[client]\nuser = repl\npassword = "secret"\nhost=127.0.0.1\nport=${server.port}\n` +
          `[binlogd]\ndir=${dir}/a\n[binlogd_b]\ndir=${dir}/b\n`,
        { mode: 0o600 },
      );
      const none = { MYSQL_PWD: "wrong" };
      const fromFile = await binlogd([
        "dump",
        `--defaults-file=${file}`,
        "--password-file",
        secret,
      ]);
      assertEquals(fromFile.code, 0, fromFile.stderr);
      assert((await Deno.stat(`${dir}/a/binlog.000001`)).isFile);
      const suffixed = await binlogd(
        ["dump", `--defaults-file=${file}`, "--defaults-group-suffix=_b"],
        { MYSQL_PWD: "secret" },
      );
      assertEquals(suffixed.code, 0, suffixed.stderr);
      assert((await Deno.stat(`${dir}/b/binlog.000001`)).isFile);
      const inUrl = `mysql://repl:secret@127.0.0.1:${server.port}`;
      const url = await binlogd(["dump", inUrl, "--dir", `${dir}/c`], none);
      assertEquals(url.code, 0, url.stderr);
      assertStringIncludes(url.stderr, "visible to others");
      assert(!url.stderr.includes("secret"), url.stderr);
      const bad = await binlogd(["dump", `${inUrl}:x`, "--dir", `${dir}/c`], none);
      assertEquals(bad.code, 2);
      assert(!bad.stderr.includes("secret"), bad.stderr);
    });
  },
  ["mysql97", "mariadb118"],
);

serverTest(
  "the source lists the store among its replicas, under its own server_id",
  async (kind) => {
    await using server = await startServer(kind);
    await withFolder(async (dir) => {
      const dump = new RunningBinlogd([
        "dump",
        sourceUrl(server),
        "--dir",
        dir,
        "--follow",
        "--server-id=4242",
        "--report-host=backup1",
      ]);
      try {
        const statement = kind === "mysql97" ? "SHOW REPLICAS" : "SHOW SLAVE HOSTS";
        await waitUntil(async () => (await server.sql(statement)).includes("4242"));
        assertStringIncludes(await server.sql(statement), "backup1");
        const identity = JSON.parse(await Deno.readTextFile(`${dir}/binlogd.identity.json`));
        assertEquals(identity.serverId, 4242);
        if (kind === "mysql97") assertStringIncludes(await server.sql(statement), identity.uuid);
      } finally {
        await dump.stop();
      }
    });
  },
);

serverTest("compression is used when asked for, and the files are the same", async (kind) => {
  await using server = await startServer(kind);
  await server.sql(
    "CREATE DATABASE c; CREATE TABLE c.t (b longtext); INSERT INTO c.t VALUES (REPEAT('x',500000))",
  );
  for (const algorithm of kind === "mysql97" ? ["zlib", "zstd"] : ["zlib"]) {
    await withFolder(async (dir) => {
      const run = await binlogd([
        "dump",
        sourceUrl(server),
        "--dir",
        dir,
        `--compression-algorithms=${algorithm}`,
      ]);
      assertEquals(run.code, 0, run.stderr);
      assertStringIncludes(run.stderr, `compression=${algorithm}`);
      const [ours, theirs] = await Promise.all([
        Deno.readFile(`${dir}/binlog.000001`),
        Deno.readFile(`${server.binlogDir}/binlog.000001`),
      ]);
      theirs[21]! &= 0xfe;
      assertEquals(ours.length, theirs.length);
      assert(ours.every((byte, i) => byte === theirs[i]));
    });
  }
});
