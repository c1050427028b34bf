/** What MariaDB's replicas may ask for: the source and binlogd do the same. */
import { assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { encodeBinlogDump } from "../../lib/protocol/binlog_dump.ts";
import { caughtUp, RunningBinlogd, sourceUrl, waitUntil } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { type RealServer, serverTest, startServer } from "../_servers.ts";
import { connect } from "../server/_local.ts";
import {
  replicaStatus,
  replicateFrom,
  sameTables,
  serve,
  type Serving,
  writeUsers,
} from "../server/_serving.ts";

const KINDS = ["mariadb1011", "mariadb118"] as const;

/**
 * Runs `work` with a source, a dump that follows it, a server for that, and a replica; `stored` waits
 * until what the source has is served.
 */
async function withAll(
  kind: (typeof KINDS)[number],
  config: string[],
  work: (
    source: RealServer,
    replica: RealServer,
    serving: Serving,
    stored: () => Promise<void>,
  ) => Promise<void>,
): Promise<void> {
  await using source = await startServer(kind, { config: ["binlog-annotate-row-events=ON"] });
  await using replica = await startServer(kind, { serverId: 2, config });
  await withFolder(async (dir) => {
    const users = await writeUsers(dir);
    await source.sql("CREATE DATABASE d; CREATE TABLE d.t (a int primary key, b text)");
    const dump = new RunningBinlogd(["dump", sourceUrl(source), "--dir", `${dir}/s`, "--follow"]);
    try {
      await dump.until(() => /dumping/.test(dump.log));
      await using serving = await serve(`${dir}/s`, users);
      await work(source, replica, serving, () => dump.until(() => caughtUp(source, `${dir}/s`)));
    } finally {
      await dump.stop();
    }
  });
}

async function forget(replica: RealServer, have: string): Promise<void> {
  await replica.sql(
    "STOP SLAVE; RESET SLAVE ALL; DROP DATABASE IF EXISTS d; RESET MASTER; " +
      `SET GLOBAL gtid_slave_pos='${have}'`,
  );
}

/** How many of the events that a client gets are marked @@skip_replication. */
async function markedEvents(serving: Serving, setting: string): Promise<number> {
  const connection = await connect(serving, { user: "native" });
  await connection.query(
    `SET @master_binlog_checksum='CRC32', @mariadb_slave_capability=4${setting}`,
  );
  const request = { file: "", position: 4, flags: 1, serverId: 0 };
  await connection.sendCommand(encodeBinlogDump(request));
  let marked = 0;
  for (;;) {
    const payload = await connection.info.channel.read();
    assertEquals(payload[0] === 0xff, false);
    if (payload[0] === 0xfe && payload.length < 9) break;
    if (payload[1 + 18]! & 0x80) marked++;
  }
  connection.close();
  return marked;
}

async function ioError(replica: RealServer): Promise<string> {
  let error = "";
  let status = new Map<string, string>();
  await waitUntil(
    async () => {
      status = await replicaStatus(replica);
      error = `${status.get("Last_IO_Errno")} ${status.get("Last_IO_Error")}`;
      return status.get("Replica_IO_Running") === "No" && !error.startsWith("0");
    },
    60_000,
    () => JSON.stringify([...status]),
  );
  // Where it was in the files is said by binlogd only.
  return error.split(";")[0]!.replace(/'$/, "");
}

serverTest("events marked skip_replication stay behind where the replica says so", async (kind) => {
  const config = ["replicate-events-marked-for-skip=FILTER_ON_MASTER"];
  await withAll(kind as "mariadb118", config, async (source, replica, serving) => {
    await source.sql(
      "INSERT INTO d.t VALUES (1, 'x'); SET skip_replication=1; INSERT INTO d.t VALUES (2, 'y'); " +
        "CREATE TABLE d.hidden (a int); SET skip_replication=0; INSERT INTO d.t VALUES (3, 'z')",
    );
    const seen: string[] = [];
    for (const to of [{ port: source.port, user: "repl" }, { port: serving.port }]) {
      await forget(replica, "");
      await replicateFrom(replica, to);
      await waitUntil(async () =>
        (await replica.sql("SELECT MAX(a) FROM d.t").catch(() => "")).trim() === "3"
      );
      seen.push(await replica.sql("SELECT * FROM d.t; SHOW TABLES IN d; SELECT @@gtid_slave_pos"));
      const status = await replicaStatus(replica);
      assertEquals(status.get("Last_IO_Error"), "");
    }
    assertEquals(seen[1], seen[0]);
    assertEquals(seen[1]!.includes("hidden"), false);
    // The replica would pass over them by itself: they are not sent to it.
    assertGreater(await markedEvents(serving, ""), 0);
    assertEquals(await markedEvents(serving, ", skip_replication=1"), 0);
  });
}, KINDS);

serverTest("strict mode, duplicates and unknown domains are as with the source", async (kind) => {
  await withAll(kind as "mariadb118", [], async (source, replica, serving, stored) => {
    await source.sql("INSERT INTO d.t VALUES (1, 'x')");
    await source.sql("SET gtid_seq_no=100; INSERT INTO d.t VALUES (2, 'y')");
    await stored();
    const both = [{ port: source.port, user: "repl" }, { port: serving.port }];
    const running = async (): Promise<boolean> =>
      (await replicaStatus(replica)).get("Replica_IO_Running") === "Yes";
    // 0-1-50 was never there, what follows it was: an error in strict mode only.
    const strict: string[] = [];
    await replica.sql("SET GLOBAL gtid_strict_mode=1");
    for (const to of both) {
      await forget(replica, "0-1-50");
      await replicateFrom(replica, to);
      strict.push(await ioError(replica));
    }
    assertEquals(strict[1], strict[0]);
    await forget(replica, "0-1-50");
    await replica.sql("SET GLOBAL gtid_strict_mode=0; CREATE DATABASE d");
    await replica.sql("CREATE TABLE d.t (a int primary key, b text)");
    await replicateFrom(replica, both[1]!);
    await waitUntil(async () => (await replica.sql("SELECT MAX(a) FROM d.t")).trim() === "2");
    // It has got what is not here yet from elsewhere, and says that this is no error.
    await forget(replica, "0-9-1000");
    await replica.sql("SET GLOBAL gtid_ignore_duplicates=1");
    await replicateFrom(replica, both[1]!);
    await waitUntil(running);
    await replica.sql("STOP SLAVE; SET GLOBAL gtid_ignore_duplicates=0");
    // A domain that nobody knows, until it begins with something else.
    const position = (await source.sql("SELECT @@gtid_binlog_pos")).trim();
    await forget(replica, `${position},7-9-5`);
    await replicateFrom(replica, both[1]!);
    await waitUntil(running);
    await source.sql("SET gtid_domain_id=7; CREATE TABLE d.seven (a int)");
    assertStringIncludes(await ioError(replica), "not in the master's binlog");
  });
}, KINDS);

serverTest("annotations come where they are asked for, and only there", async (kind) => {
  await withAll(
    kind as "mariadb118",
    ["log-slave-updates=ON"],
    async (source, replica, serving) => {
      await source.sql("INSERT INTO d.t VALUES (1, 'told')");
      for (const asked of [0, 1]) {
        await forget(replica, "");
        await replica.shutdown();
        const path = `${replica.folder}/my.cnf`;
        const text = (await Deno.readTextFile(path)).replace(/replicate-annotate.*\n/, "");
        await Deno.writeTextFile(path, `${text}replicate-annotate-row-events=${asked}\n`);
        await replica.launch();
        await replicateFrom(replica, { port: serving.port });
        await sameTables(source, replica);
        const events = await replica.sql(
          `SHOW BINLOG EVENTS IN '${(await replica.binlogEnd()).file}'`,
        );
        const files = await Promise.all(
          (await replica.binlogFiles()).map((file) =>
            replica.sql(`SHOW BINLOG EVENTS IN '${file}'`)
          ),
        );
        assertEquals(/Annotate_rows/.test(events + files.join("")), asked === 1);
      }
    },
  );
}, KINDS);
