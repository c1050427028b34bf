import { assertEquals } from "@std/assert";
import { binlogd, sourceUrl } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { serverTest, startServer } from "../_servers.ts";
import { mixedWorkload } from "../_workload.ts";
import {
  replicaStatus,
  replicateFrom,
  sameTables,
  serve,
  stopReplica,
  writeUsers,
} from "../server/_serving.ts";

serverTest("a replica applies everything from a served store", async (kind) => {
  await using source = await startServer(kind);
  await using replica = await startServer(kind, { serverId: 2 });
  await withFolder(async (dir) => {
    const users = await writeUsers(dir);
    const store = `${dir}/store`;
    await mixedWorkload(source, { rounds: 1 });
    assertEquals((await binlogd(["dump", sourceUrl(source), "--dir", store])).code, 0);
    await using serving = await serve(store, users, ["--tls-self-made"]);
    // By file and position, from the first file, without TLS.
    await replicateFrom(replica, { port: serving.port, file: (await source.binlogFiles())[0]! });
    await sameTables(source, replica);
    await stopReplica(replica);
    // The store grows while nobody reads; by GTID, over TLS.
    await mixedWorkload(source, { rounds: 1, start: 1 });
    assertEquals((await binlogd(["dump", sourceUrl(source), "--dir", store])).code, 0);
    await replicateFrom(replica, { port: serving.port, tls: true });
    await sameTables(source, replica);
    // It grows while the replica waits at the end.
    await mixedWorkload(source, { rounds: 1, start: 2, small: true });
    assertEquals((await binlogd(["dump", sourceUrl(source), "--dir", store])).code, 0);
    await sameTables(source, replica);
    // By file and position, from the middle: on where the replica stands.
    await stopReplica(replica);
    const status = await replicaStatus(replica);
    const file = status.get("Relay_Source_Log_File")!;
    const position = Number(status.get("Exec_Source_Log_Pos"));
    await mixedWorkload(source, { rounds: 1, start: 3, small: true });
    assertEquals((await binlogd(["dump", sourceUrl(source), "--dir", store])).code, 0);
    await replicateFrom(replica, { port: serving.port, file, position });
    await sameTables(source, replica);
    // Back to the source itself: positions are its own.
    await stopReplica(replica);
    await mixedWorkload(source, { rounds: 1, start: 4, small: true });
    const { file: last, position: end } = await source.binlogEnd().then(async () => {
      const now = await replicaStatus(replica);
      return {
        file: now.get("Relay_Source_Log_File")!,
        position: Number(now.get("Exec_Source_Log_Pos")),
      };
    });
    await replicateFrom(replica, { port: source.port, file: last, position: end, user: "repl" });
    await sameTables(source, replica);
    // By GTID to binlogd and back again: nothing but the address changes.
    for (const [round, port] of [[5, serving.port], [6, source.port], [7, serving.port]] as const) {
      await stopReplica(replica);
      await mixedWorkload(source, { rounds: 1, start: round, small: true });
      assertEquals((await binlogd(["dump", sourceUrl(source), "--dir", store])).code, 0);
      await replicateFrom(replica, port === source.port ? { port, user: "repl" } : { port });
      await sameTables(source, replica);
    }
    const after = await replicaStatus(replica);
    assertEquals(after.get("Last_IO_Error"), "");
    assertEquals(after.get("Last_SQL_Error"), "");
  });
});
