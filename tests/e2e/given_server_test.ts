/**
 * A server that somebody else runs, of any version: BINLOGD_TEST_SERVER=mysql://user@127.0.0.1:3306
 * and its password in BINLOGD_TEST_PASSWORD. The account needs to create a database, and
 * REPLICATION SLAVE, REPLICATION CLIENT (MariaDB: BINLOG MONITOR) and RELOAD.
 */
import { assert, assertEquals } from "@std/assert";
import { parseSourceUrl } from "../../lib/cli/source_options.ts";
import { Logger } from "../../lib/log.ts";
import { connectSource } from "../../lib/source/connect.ts";
import { binlogd } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";

const url = Deno.env.get("BINLOGD_TEST_SERVER");
const password = Deno.env.get("BINLOGD_TEST_PASSWORD") ?? "";
const LOOPBACK = ["127.0.0.1", "::1", "localhost"];

const STATEMENTS = [
  "DROP DATABASE IF EXISTS binlogd_test",
  "CREATE DATABASE binlogd_test",
  "CREATE TABLE binlogd_test.t (id INT PRIMARY KEY AUTO_INCREMENT, a VARCHAR(100), b LONGBLOB)",
  "INSERT INTO binlogd_test.t (a, b) VALUES ('one', REPEAT('x', 100000)), ('two', NULL)",
  "BEGIN",
  "UPDATE binlogd_test.t SET a = 'three'",
  "COMMIT",
  "FLUSH BINARY LOGS",
  "DELETE FROM binlogd_test.t",
  "DROP DATABASE binlogd_test",
];

Deno.test({
  name: "dump of the server that BINLOGD_TEST_SERVER names has its files' sizes and no fault" +
    (url ? "" : " (skipped: BINLOGD_TEST_SERVER is not set)"),
  ignore: !url,
  fn: async () => {
    const source = parseSourceUrl(url!);
    assert(LOOPBACK.includes(source.host ?? "localhost"), "only a server on this host");
    const connection = await connectSource(
      {
        ...source,
        user: source.user ?? "root",
        password,
        sslMode: "PREFERRED",
        getServerPublicKey: true,
        connectTimeoutMs: 10_000,
      },
      new Logger({ level: "error" }),
      new AbortController().signal,
    );
    try {
      for (const statement of STATEMENTS) await connection.query(statement);
      await withFolder(async (dir) => {
        const env = { MYSQL_PWD: password };
        const args = ["dump", url!, "--dir", dir, "--get-server-public-key"];
        const run = await binlogd(args, env);
        assertEquals(run.code, 0, run.stderr);
        const { rows } = await connection.query("SHOW BINARY LOGS");
        for (const [name, size] of rows) {
          assertEquals((await Deno.stat(`${dir}/${name}`)).size, Number(size), name!);
        }
        const verified = await binlogd(["verify", dir]);
        assertEquals(verified.code, 0, verified.stdout + verified.stderr);
      });
    } finally {
      connection.close();
    }
  },
});
