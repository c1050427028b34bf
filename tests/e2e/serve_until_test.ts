import { assertEquals } from "@std/assert";
import { binlogd, sourceUrl, waitUntil } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { type RealServer, serverTest, startServer } from "../_servers.ts";
import {
  replicaStatus,
  replicateFrom,
  serve,
  stopReplica,
  writeUsers,
} from "../server/_serving.ts";

const ROWS = 30;

/** Position after each row in the terms of UNTIL: a GTID set, or MariaDB's positions. */
async function writeRows(source: RealServer): Promise<string[]> {
  await source.sql("CREATE DATABASE d; CREATE TABLE d.t (a int primary key)");
  const marks: string[] = [];
  const mysql = source.flavour === "mysql";
  for (let i = 1; i <= ROWS; i++) {
    // MariaDB's positions have a part for each domain, which end at different places.
    const domain = mysql ? "" : `SET gtid_domain_id=${i % 3};`;
    await source.sql(`${domain} INSERT INTO d.t VALUES (${i})`);
    if (i % 12 === 0) await source.sql("FLUSH BINARY LOGS");
    const mark = await source.sql(`SELECT @@${mysql ? "gtid_executed" : "gtid_binlog_pos"}`);
    marks.push(mark.trim());
  }
  return marks;
}

serverTest("START REPLICA UNTIL a GTID stops right there", async (kind) => {
  await using source = await startServer(kind);
  await using replica = await startServer(kind, { serverId: 2 });
  await withFolder(async (dir) => {
    const users = await writeUsers(dir);
    const marks = await writeRows(source);
    assertEquals((await binlogd(["dump", sourceUrl(source), "--dir", `${dir}/s`])).code, 0);
    await using serving = await serve(`${dir}/s`, users);
    await replicateFrom(replica, { port: serving.port });
    await stopReplica(replica);
    const mysql = replica.flavour === "mysql";
    await replica.sql(
      mysql
        ? "RESET REPLICA; RESET BINARY LOGS AND GTIDS; DROP DATABASE IF EXISTS d; " +
          "RESET BINARY LOGS AND GTIDS"
        : "RESET SLAVE; DROP DATABASE IF EXISTS d; RESET MASTER; SET GLOBAL gtid_slave_pos=''",
    );
    // In the first file, at its end, in a later one, and the very last transaction.
    for (const stop of [5, 12, 17, ROWS]) {
      const mark = marks[stop - 1]!;
      await replica.sql(
        mysql
          ? `START REPLICA UNTIL SQL_AFTER_GTIDS='${mark}'`
          : `START SLAVE UNTIL master_gtid_pos='${mark}'`,
      );
      let status = new Map<string, string>();
      await waitUntil(
        async () => {
          status = await replicaStatus(replica);
          // MariaDB's source ends such a stream by itself.
          return status.get("Replica_SQL_Running") === "No" &&
            (mysql || status.get("Replica_IO_Running") === "No");
        },
        60_000,
        () => JSON.stringify([...status]),
      );
      assertEquals(status.get("Last_SQL_Error"), "");
      assertEquals(status.get("Last_IO_Error"), "");
      assertEquals(
        (await replica.sql("SELECT COUNT(*), MAX(a) FROM d.t")).trim(),
        `${stop}\t${stop}`,
      );
      const reached = await replica.sql(`SELECT @@${mysql ? "gtid_executed" : "gtid_slave_pos"}`);
      assertEquals(reached.trim(), mark);
      await stopReplica(replica);
    }
  });
});
