/** A replica and tools that leave TLS to their own defaults, as the pages have them. */
import { assertEquals } from "@std/assert";
import { sourceUrl } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { type RealServer, serverTest, startServer } from "../_servers.ts";
import { run, sameTables, writeUsers } from "../server/_serving.ts";

function pointAt(replica: RealServer, port: number): string {
  return replica.flavour === "mysql"
    ? `CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=${port},
       SOURCE_USER='repl', SOURCE_PASSWORD='secret', GET_SOURCE_PUBLIC_KEY=1,
       SOURCE_AUTO_POSITION=1; START REPLICA;`
    : `CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=${port}, MASTER_USER='native',
       MASTER_PASSWORD='secret', MASTER_USE_GTID=slave_pos; START SLAVE;`;
}

serverTest("a replica that is told nothing of TLS follows `run --tls-self-made`", async (kind) => {
  await using source = await startServer(kind);
  await using replica = await startServer(kind, { serverId: 2 });
  await source.sql("CREATE DATABASE d; CREATE TABLE d.t0 (a int); INSERT INTO d.t0 VALUES (1);");
  await withFolder(async (dir) => {
    const users = await writeUsers(dir);
    await using serving = await run(sourceUrl(source), `${dir}/store`, users, ["--tls-self-made"]);
    await replica.sql(pointAt(replica, serving.port));
    await source.sql("INSERT INTO d.t0 VALUES (2);");
    await sameTables(source, replica, 180_000);
    assertEquals((await replica.sql("SELECT a FROM d.t0 ORDER BY a")).trim(), "1\n2");
  });
});
