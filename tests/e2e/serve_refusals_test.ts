/** What a real replica shows for requests that can't be served: the same as from the source. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { waitUntil } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { type RealServer, serverTest, startServer } from "../_servers.ts";
import { settle } from "../_workload.ts";
import {
  type Pointing,
  replicaStatus,
  replicateFrom,
  serve,
  writeUsers,
} from "../server/_serving.ts";

/** Forgets all replication and all GTIDs, and says that the replica has `have`. */
async function reset(replica: RealServer, have: string): Promise<void> {
  await replica.sql(
    replica.flavour === "mysql"
      ? `STOP REPLICA; RESET REPLICA ALL; RESET BINARY LOGS AND GTIDS;
         SET GLOBAL gtid_purged='${have}'`
      : `STOP SLAVE; RESET SLAVE ALL; RESET MASTER; SET GLOBAL gtid_slave_pos='${have}'`,
  );
}

/** The error that stops the replica's I/O thread. */
async function ioError(replica: RealServer, to: Pointing): Promise<string> {
  await replicateFrom(replica, to);
  let status = new Map<string, string>();
  await waitUntil(
    async () => {
      status = await replicaStatus(replica);
      return status.get("Last_IO_Errno") !== "0" && status.get("Replica_IO_Running") === "No";
    },
    60_000,
    () => JSON.stringify([...status]),
  );
  return `${status.get("Last_IO_Errno")} ${status.get("Last_IO_Error")}`;
}

/**
 * Without what says where on its disk a source has its files, and how much of an event it read; a
 * source cuts long texts off.
 */
function comparable(error: string, source: RealServer): string {
  return error.replaceAll(`${source.binlogDir}/`, "").replace(/(last byte read .* at) \d+/, "$1")
    .slice(0, 500);
}

/** Makes an event of a file that is not the newest one impossible; returns its position. */
async function damage(folder: string, file: string, position: number): Promise<void> {
  using handle = await Deno.open(`${folder}/${file}`, { write: true });
  await handle.seek(position + 9, Deno.SeekMode.Start);
  await handle.write(new Uint8Array(4));
}

interface Case {
  file?: string;
  position?: number;
  have?: string;
  words: string;
}

async function cases(source: RealServer, end: number): Promise<Case[]> {
  const first = "Could not find first log file name in binary log index file";
  const mysql = source.flavour === "mysql";
  const byPlace: Case[] = [
    { file: "binlog.000001", words: first },
    { file: "binlog.000099", words: first },
    { file: "binlog.000004", position: end + 10, words: mysql ? "> file size" : "impossible" },
    { file: "binlog.000002", words: "bogus data in log event" },
  ];
  if (!mysql) {
    return [
      ...byPlace,
      { have: "0-1-1", words: "required binlog files have been purged" },
      { have: "0-1-1000", words: "not in the master's binlog" },
      { have: "0-9-2", words: "diverged" },
    ];
  }
  const uuid = (await source.sql("SELECT @@server_uuid")).trim();
  return [
    ...byPlace,
    { have: "", words: "purged required binary logs" },
    { have: `${uuid}:1-1000`, words: "has more GTIDs than the source" },
  ];
}

serverTest("a replica shows the errors that the source would give", async (kind) => {
  const config = ["loose-slave-connections-needed-for-purge=0"];
  await using source = await startServer(kind, { config });
  await using replica = await startServer(kind, { serverId: 2 });
  await withFolder(async (dir) => {
    const users = await writeUsers(dir);
    await source.sql("CREATE DATABASE d; CREATE TABLE d.t (a int); INSERT INTO d.t VALUES (1)");
    for (let i = 0; i < 3; i++) await source.sql("FLUSH BINARY LOGS; INSERT INTO d.t VALUES (2)");
    // MariaDB keeps a file until all of its transactions are in the tables for good.
    await waitUntil(async () => {
      await source.sql("PURGE BINARY LOGS TO 'binlog.000002'");
      return (await source.binlogFiles())[0] === "binlog.000002";
    });
    await settle(source);
    const { position } = await source.binlogEnd();
    const rows = (await source.sql("SHOW BINLOG EVENTS IN 'binlog.000002'")).split("\n");
    const bad = Number(rows.find((row) => /\tGtid\t/.test(row))!.split("\t")[1]);
    await damage(source.binlogDir, "binlog.000002", bad);
    // Plain files without an index are enough.
    const folder = `${dir}/files`;
    await Deno.mkdir(folder);
    for (const file of await source.binlogFiles()) {
      await Deno.copyFile(`${source.binlogDir}/${file}`, `${folder}/${file}`);
    }
    await using serving = await serve(folder, users);
    for (const { have, words, ...place } of await cases(source, position)) {
      await reset(replica, have ?? "");

      const theirs = await ioError(replica, { port: source.port, user: "repl", ...place });
      await reset(replica, have ?? "");
      const ours = await ioError(replica, { port: serving.port, ...place });
      assertStringIncludes(theirs, words);
      assertEquals(comparable(ours, source), comparable(theirs, source));
    }
  });
});
