/**
 * A file beyond 4 GiB, where log_pos has wrapped and the plain dump request can't name positions.
 * Takes minutes and 14 GB of disk, so only with BINLOGD_TEST_LARGE=1 (deno task test:large).
 */
import { assert, assertEquals } from "@std/assert";
import { compareBinlogFiles } from "../../scripts/compare_files.ts";
import { binlogd, RunningBinlogd, sourceUrl, waitUntil } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { startServer } from "../_servers.ts";
import { ALL_KINDS } from "../../scripts/testbed/kinds.ts";

const wanted = Deno.env.get("BINLOGD_TEST_LARGE") === "1";
const ROWS = 46;
const ROW_BYTES = 100_000_000;
const BEYOND = 2 ** 32;

for (const kind of ALL_KINDS) {
  Deno.test({
    name: `dump copies a file beyond 4 GiB and goes on in it after a kill, ${kind}` +
      (wanted ? "" : " (skipped: BINLOGD_TEST_LARGE is not set)"),
    ignore: !wanted,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      await using server = await startServer(kind, {
        config: [
          "max-binlog-cache-size=16G",
          kind === "mysql97" ? "innodb-redo-log-capacity=8G" : "innodb-log-file-size=8G",
        ],
      });
      await server.sql(
        "CREATE DATABASE l; CREATE TABLE l.t (id INT AUTO_INCREMENT PRIMARY KEY, b LONGBLOB); " +
          "USE l; BEGIN; " + `INSERT INTO t (b) VALUES (REPEAT('x', ${ROW_BYTES}));`.repeat(ROWS) +
          "COMMIT;",
      );
      // MariaDB 11.8 makes such a transaction a file of its own.
      let large = "";
      for (const name of await server.binlogFiles()) {
        if ((await Deno.stat(`${server.binlogDir}/${name}`)).size > BEYOND) large = name;
      }
      assert(large !== "", "no file is beyond 4 GiB");
      await withFolder(async (dir) => {
        const args = ["dump", sourceUrl(server), "--dir", dir, "--ssl-mode=DISABLED"];
        args.push("--get-server-public-key");
        const killed = new RunningBinlogd(args);
        await waitUntil(
          async () =>
            await Deno.stat(`${dir}/${large}`).then(({ size }) => size > BEYOND, () => false),
          120_000,
        );
        killed.kill("SIGKILL");
        await killed.ended();
        const run = await binlogd(args);
        assertEquals(run.code, 0, run.stderr);
        await server.sql("INSERT INTO l.t (b) VALUES ('after'); FLUSH BINARY LOGS");
        assertEquals((await binlogd(args)).code, 0);
        const verified = await binlogd(["verify", dir]);
        assertEquals(verified.code, 0, verified.stdout);
        const compared = await compareBinlogFiles(
          `${dir}/${large}`,
          `${server.binlogDir}/${large}`,
        );
        assert(compared.equal, compared.reason);
      });
    },
  });
}
