/** --cascade-ack while the connection to the source breaks. */
import { assertEquals } from "@std/assert";
import { sourceUrl, waitUntil } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { patientSource, semiSyncCounters } from "../_semi_sync.ts";
import { type RealServer, type ServerKind, serverTest, startServer } from "../_servers.ts";
import {
  replicaStatus,
  replicateFrom,
  run,
  sameTables,
  type Serving,
  stopReplica,
  writeUsers,
} from "../server/_serving.ts";

/** Ends the connections on which the source sends its binlog. */
async function cutDumps(source: RealServer): Promise<void> {
  const list = await source.sql(
    "SELECT id FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'",
  );
  for (const id of list.split("\n").filter((line) => line !== "")) {
    await source.sql(`KILL ${id}`).catch(() => {});
  }
}

async function withCascade(
  kind: ServerKind,
  args: string[],
  work: (source: RealServer, replica: RealServer, serving: Serving) => Promise<void>,
): Promise<void> {
  const flavour = kind === "mysql97" ? "mysql" : "mariadb";
  await using source = await startServer(kind, { semiSync: true, config: patientSource(flavour) });
  const config = flavour === "mysql"
    ? ["loose-rpl_semi_sync_replica_enabled=ON"]
    : ["rpl_semi_sync_slave_enabled=ON"];
  await using replica = await startServer(kind, { serverId: 2, semiSync: true, config });
  await withFolder(async (dir) => {
    const users = await writeUsers(dir);
    const words = ["--semi-sync", "--cascade-ack=1", ...args];
    await using serving = await run(sourceUrl(source), `${dir}/store`, users, words);
    await waitUntil(async () => (await semiSyncCounters(source)).clients === 1);
    await replicateFrom(replica, { port: serving.port });
    await waitUntil(async () => (await replicaStatus(replica)).get("Replica_IO_Running") === "Yes");
    await source.sql("CREATE DATABASE d; CREATE TABLE d.t (a int)");
    await sameTables(source, replica);
    await work(source, replica, serving);
  });
}

serverTest("a commit that no replica has is not acknowledged by connecting anew", async (kind) => {
  await withCascade(kind, ["--cascade-timeout=1h"], async (source, replica, serving) => {
    await stopReplica(replica);
    const before = await semiSyncCounters(source);
    let done = false;
    const commit = source.sql("INSERT INTO d.t VALUES (1)").then(() => done = true);
    await waitUntil(async () => (await semiSyncCounters(source)).waiting === 1);
    await cutDumps(source);
    // It comes back only when a replica has what the source would take for acknowledged.
    await serving.program.until(() => serving.program.log.includes("connection lost"));
    await waitUntil(async () => (await semiSyncCounters(source)).clients === 0);
    assertEquals(done, false);
    assertEquals((await semiSyncCounters(source)).waiting, 1);
    await replica.sql(replica.flavour === "mysql" ? "START REPLICA" : "START SLAVE");
    await commit;
    assertEquals((await semiSyncCounters(source)).noTx, before.noTx);
    await sameTables(source, replica);
  });
});

serverTest("after the time-out it connects all the same, and says so", async (kind) => {
  await withCascade(kind, ["--cascade-timeout=300ms"], async (source, replica, serving) => {
    await stopReplica(replica);
    const commit = source.sql("INSERT INTO d.t VALUES (1)");
    await waitUntil(async () => (await semiSyncCounters(source)).waiting === 1);
    await serving.program.until(() => serving.program.log.includes("do not acknowledge in time"));
    await cutDumps(source);
    const words = "connecting although replicas lack what the store has";
    await serving.program.until(() => serving.program.log.includes(words));
    assertEquals(serving.program.log.split(words).length, 2, "once, not when it began");
    // It asks for the last transaction again, whose ACK it withholds again.
    await serving.program.until(() => serving.program.log.split(" dumping ").length > 2);
    const before = await semiSyncCounters(source);
    await replica.sql(replica.flavour === "mysql" ? "START REPLICA" : "START SLAVE");
    await commit;
    assertEquals((await semiSyncCounters(source)).noTx, before.noTx);
    await sameTables(source, replica);
  });
});
