/** The source is gone, with its disk: what clients were told is committed is in the new source. */
import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { binlogd, RunningBinlogd, sourceUrl, waitUntil } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { patientSource, semiSyncCounters } from "../_semi_sync.ts";
import { type RealServer, serverTest, startServer } from "../_servers.ts";
import { replicateFrom, serve, stopReplica, writeUsers } from "../server/_serving.ts";

const COUNT = "SELECT COUNT(*) FROM d.t";

/** Inserts rows one commit at a time until the server is gone; returns how many were acknowledged. */
async function commitUntilGone(
  source: RealServer,
  onCommit: (count: number) => void,
): Promise<number> {
  let committed = 0;
  for (;;) {
    try {
      await source.sql(`INSERT INTO d.t (b) VALUES ('${committed}')`);
    } catch {
      return committed;
    }
    onCommit(++committed);
  }
}

async function rows(server: RealServer): Promise<number> {
  return Number(await server.sql(COUNT).catch(() => -1));
}

serverTest("every commit a client saw survives the source, by way of binlogd", async (kind) => {
  const flavour = kind === "mysql97" ? "mysql" : "mariadb";
  const source = await startServer(kind, { semiSync: true, config: patientSource(flavour) });
  const config = flavour === "mysql" ? [] : ["log-slave-updates=ON"];
  await using replica = await startServer(kind, { serverId: 2, config });
  await withFolder(async (dir) => {
    const store = `${dir}/store`;
    const users = await writeUsers(dir);
    const dump = new RunningBinlogd(
      ["dump", sourceUrl(source), "--dir", store, "--follow", "--semi-sync"],
    );
    await waitUntil(
      async () => (await semiSyncCounters(source)).clients === 1,
      60_000,
      () => dump.log,
    );
    await source.sql(
      "CREATE DATABASE d; CREATE TABLE d.t (a int primary key auto_increment, b text)",
    );
    await replicateFrom(replica, { port: source.port, user: "repl" });
    await source.sql("INSERT INTO d.t (b) VALUES ('before')");
    await waitUntil(async () => await rows(replica) === 1);
    // The replica falls behind; commits go on, and then the source is gone with all it had.
    await stopReplica(replica);
    const committed = await commitUntilGone(source, (count) => {
      if (count === 12) source.killNow();
    });
    await source.stop();
    await dump.stop();
    // It catches up from the store and becomes the source.
    {
      await using serving = await serve(store, users);
      await replicateFrom(replica, { port: serving.port });
      await waitUntil(
        async () => await rows(replica) >= 1 + committed,
        60_000,
        () => serving.program.log,
      );
    }
    await stopReplica(replica);
    await replica.sql(flavour === "mysql" ? "RESET REPLICA ALL" : "RESET SLAVE ALL");
    assertGreaterOrEqual(await rows(replica), 1 + committed);
    await replica.sql("INSERT INTO d.t (b) VALUES ('after')");
    // binlogd goes on with the new source beside the old history.
    const era = await binlogd(["dump", sourceUrl(replica), "--dir", store, "--new-era"]);
    assertEquals(era.code, 0, era.stderr);
    assertEquals((await Deno.stat(`${store}/era-1/binlog.000001`)).isFile, true);
    const { file, position } = await replica.binlogEnd();
    assertEquals((await Deno.stat(`${store}/${file}`)).size, position);
  });
});
