import { assert, assertEquals } from "@std/assert";
import { caughtUp, waitUntil } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import {
  assertIdentical,
  hasCommits,
  joined,
  semiSyncCounters,
  semiSyncDump,
  startSemiSyncSource,
} from "../_semi_sync.ts";
import { serverTest } from "../_servers.ts";

const TABLE = "CREATE DATABASE s; CREATE TABLE s.t (a int primary key auto_increment);";

serverTest("a commit that waits and a rotation that waits for it hold nothing up", async (kind) => {
  await using server = await startSemiSyncSource(kind);
  await withFolder(async (dir) => {
    await server.sql(`SET sql_log_bin=0; ${TABLE}`);
    const commit = server.sql("INSERT INTO s.t VALUES ()");
    await waitUntil(async () => (await semiSyncCounters(server)).waiting === 1);
    const rotation = server.sql("FLUSH BINARY LOGS");
    await new Promise((resolve) => setTimeout(resolve, 300));
    // This account may ask for the list of files, which hangs as long as the commit waits.
    const dump = semiSyncDump(server, dir, "--user=monitor");
    try {
      const start = performance.now();
      await commit;
      await rotation;
      assert(performance.now() - start < 60_000, dump.log);
      await dump.until(() => caughtUp(server, dir));
      const { on, noTx } = await semiSyncCounters(server);
      assertEquals([on, noTx], [true, 0]);
      assertEquals((await dump.stop()).code, 0);
      await assertIdentical(server, dir);
    } finally {
      dump.kill("SIGKILL");
    }
  });
});

serverTest("ACKs get through compression and TLS", async (kind) => {
  await using server = await startSemiSyncSource(kind);
  await withFolder(async (dir) => {
    await server.sql(`SET sql_log_bin=0; ${TABLE}`);
    const ways = [["--compression-algorithms=zlib", "--ssl-mode=DISABLED"]];
    // The runtime of the executable has no zstd.
    if (kind === "mysql97" && !Deno.env.get("BINLOGD_TEST_BINARY")) {
      ways.push(["--compression-algorithms=zstd", "--ssl-mode=DISABLED"]);
    }
    if (kind !== "mariadb1011") ways.push(["--compression-algorithms=zlib", "--ssl-mode=REQUIRED"]);
    for (const way of ways) {
      const dump = semiSyncDump(server, dir, ...way, "--get-server-public-key");
      try {
        await joined(server, dump);
        for (let i = 0; i < 5; i++) {
          await server.sql(`INSERT INTO s.t VALUES (),(),(),(),(),(),(),(),(),()`);
          assert(await hasCommits(server, dir), way.join(" "));
        }
        const { on, noTx } = await semiSyncCounters(server);
        assertEquals([on, noTx], [true, 0], way.join(" "));
        assertEquals((await dump.stop()).code, 0);
      } finally {
        dump.kill("SIGKILL");
      }
    }
    await assertIdentical(server, dir);
  });
});
