import { assertEquals, assertGreater, assertGreaterOrEqual } from "@std/assert";
import { sourceUrl, waitUntil } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { patientSource, semiSyncCounters } from "../_semi_sync.ts";
import { type RealServer, serverTest, startServer } from "../_servers.ts";
import {
  replicaStatus,
  replicateFrom,
  run,
  sameTables,
  stopReplica,
  writeUsers,
} from "../server/_serving.ts";

async function insert(source: RealServer, rows: number): Promise<void> {
  await source.sql("INSERT INTO d.t (b) VALUES ('x');".repeat(rows));
}

const TABLE = "CREATE DATABASE d; CREATE TABLE d.t (a int primary key auto_increment, b text);";

serverTest("a replica waits for a `run` that has never reached its source", async (kind) => {
  await using source = await startServer(kind);
  await using replica = await startServer(kind, { serverId: 2 });
  await source.sql(TABLE);
  await source.kill9();
  await withFolder(async (dir) => {
    const users = await writeUsers(dir);
    await using serving = await run(sourceUrl(source), `${dir}/store`, users);
    await replicateFrom(replica, { port: serving.port });
    await waitUntil(async () =>
      (await replicaStatus(replica)).get("Last_IO_Error")?.includes("no binlog file yet") ?? false
    );
    await source.launch();
    await insert(source, 10);
    await sameTables(source, replica);
  });
});

serverTest(
  "a replica of binlogd run stays while the source is killed and rotated",
  async (kind) => {
    const config = ["sync-binlog=1", "innodb-flush-log-at-trx-commit=1"];
    await using source = await startServer(kind, { config });
    await using replica = await startServer(kind, { serverId: 2 });
    await withFolder(async (dir) => {
      const users = await writeUsers(dir);
      await source.sql(TABLE);
      await using serving = await run(sourceUrl(source), `${dir}/store`, users, [
        "--sync",
        "always",
      ]);
      await replicateFrom(replica, { port: serving.port });
      await insert(source, 20);
      await sameTables(source, replica);
      const errors = (await replicaStatus(replica)).get("Last_IO_Error_Timestamp");
      for (let i = 0; i < 2; i++) {
        await source.kill9();
        await source.launch();
        await insert(source, 10);
        await source.sql("FLUSH BINARY LOGS");
        await insert(source, 10);
        await source.restart();
        await insert(source, 5);
      }
      await sameTables(source, replica);
      const status = await replicaStatus(replica);
      assertEquals(status.get("Last_IO_Error"), "");
      assertEquals(
        status.get("Last_IO_Error_Timestamp"),
        errors,
        "the replica was never disconnected",
      );
      // The other way round: binlogd is restarted, the replica comes back.
      assertEquals((await serving.program.stop()).code, 0);
    });
  },
);

serverTest("with --cascade-ack commits wait for a replica of binlogd too", async (kind) => {
  await using source = await startServer(kind, {
    semiSync: true,
    config: patientSource(kind === "mysql97" ? "mysql" : "mariadb"),
  });
  const semiSync = kind === "mysql97"
    ? ["loose-rpl_semi_sync_replica_enabled=ON"]
    : ["rpl_semi_sync_slave_enabled=ON"];
  await using replica = await startServer(kind, { serverId: 2, semiSync: true, config: semiSync });
  await withFolder(async (dir) => {
    const users = await writeUsers(dir);
    await using serving = await run(sourceUrl(source), `${dir}/store`, users, [
      "--semi-sync",
      "--cascade-ack=1",
      "--cascade-timeout=500ms",
    ]);
    await waitUntil(async () => (await semiSyncCounters(source)).clients === 1);
    await replicateFrom(replica, { port: serving.port });
    await waitUntil(async () => (await replicaStatus(replica)).get("Replica_IO_Running") === "Yes");
    await source.sql(TABLE);
    await insert(source, 20);
    await sameTables(source, replica);
    const before = await semiSyncCounters(source);
    assertEquals(before.on, true);
    assertGreaterOrEqual(before.yesTx, 20);
    // Without the replica a commit waits, although binlogd has it on disk.
    await stopReplica(replica);
    const commit = source.sql("INSERT INTO d.t (b) VALUES ('waits')");
    await waitUntil(async () => (await semiSyncCounters(source)).waiting === 1);
    await serving.program.until(() =>
      /replicas do not acknowledge in time/.test(serving.program.log)
    );
    assertEquals((await semiSyncCounters(source)).waiting, 1);
    await replica.sql(replica.flavour === "mysql" ? "START REPLICA" : "START SLAVE");
    await commit;
    const after = await semiSyncCounters(source);
    assertGreater(after.yesTx, before.yesTx);
    assertEquals(after.noTx, before.noTx);
    await serving.program.until(() => serving.program.log.includes("replicas acknowledge again"));
    await sameTables(source, replica);
  });
});
