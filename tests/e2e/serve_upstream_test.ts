/** What `binlogd serve` can say of a source that another process follows, and of its eras. */
import { assertEquals } from "@std/assert";
import { encodeBinlogDump } from "../../lib/protocol/binlog_dump.ts";
import { decodeErrPacket } from "../../lib/protocol/response.ts";
import { binlogd, RunningBinlogd, sourceUrl, waitUntil } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { serverTest, startServer } from "../_servers.ts";
import { connect } from "../server/_local.ts";
import { serve, type Serving, writeUsers } from "../server/_serving.ts";

/** Code of the error that a request gets; 0 where it is served. */
async function answer(serving: Serving, file: string, position: number): Promise<number> {
  const connection = await connect(serving, { user: "native" });
  await connection.query("SET @master_binlog_checksum='CRC32', @mariadb_slave_capability=4");
  await connection.sendCommand(encodeBinlogDump({ file, position, flags: 0, serverId: 9 }));
  const payload = await connection.info.channel.read();
  connection.close();
  return payload[0] === 0xff ? decodeErrPacket(payload).code : 0;
}

async function show(serving: Serving, statement: string): Promise<string[][]> {
  const connection = await connect(serving, { user: "admin" });
  const { rows } = await connection.query(statement);
  connection.close();
  return rows.map((row) => row.map(String));
}

serverTest("beside a dump, what the source lacks too is 1236, the unknown is not", async (kind) => {
  await using source = await startServer(kind);
  await withFolder(async (dir) => {
    const users = await writeUsers(dir);
    const words = ["dump", sourceUrl(source), "--dir", `${dir}/s`, "--follow", "--heartbeat=1s"];
    const dump = new RunningBinlogd(words);
    try {
      await dump.until(() => /dumping/.test(dump.log));
      await using serving = await serve(`${dir}/s`, users, ["--wait-for-upstream=8s"]);
      await using patient = await serve(`${dir}/s`, users, ["--wait-for-upstream=60s"]);
      await source.sql("CREATE DATABASE d");
      const { file } = await source.binlogEnd();
      const upstream = async (of: Serving): Promise<string> =>
        (await show(of, "SHOW STATUS LIKE 'Binlogd_upstream'"))[0]![1]!;
      await waitUntil(async () => await upstream(serving) === "connected");
      assertEquals(await answer(serving, file, 1_000_000), 1236);
      // Held until the source has written it.
      await waitUntil(async () => await upstream(patient) === "connected");
      const number = String(Number(file.slice(-6)) + 1).padStart(6, "0");
      const held = answer(patient, `binlog.${number}`, 4);
      await source.sql("FLUSH BINARY LOGS");
      assertEquals(await held, 0);
      await source.kill9();
      await waitUntil(async () => await upstream(serving) === "away");
      assertEquals(await answer(serving, "binlog.000099", 4), 1105);
      dump.kill("SIGKILL");
      assertEquals(await answer(serving, "binlog.000099", 4), 1105);
    } finally {
      await dump.stop();
    }
  });
});

serverTest("nothing of another era is served", async (kind) => {
  await using source = await startServer(kind);
  await withFolder(async (dir) => {
    const users = await writeUsers(dir);
    const words = ["dump", sourceUrl(source), "--dir", `${dir}/s`];
    await source.sql("CREATE DATABASE d; CREATE DATABASE e; FLUSH BINARY LOGS; FLUSH BINARY LOGS");
    const before = await source.binlogFiles();
    assertEquals((await binlogd(words)).code, 0);
    await source.sql(
      source.flavour === "mysql" ? "RESET BINARY LOGS AND GTIDS" : "RESET MASTER",
    );
    await source.sql("CREATE TABLE d.t (a int primary key)");
    assertEquals((await binlogd([...words, "--new-era"])).code, 0);
    await using now = await serve(`${dir}/s`, users);
    await using then = await serve(`${dir}/s/era-1`, users);
    const files = async (serving: Serving): Promise<string[]> =>
      (await show(serving, "SHOW BINARY LOGS")).map((row) => row[0]!);
    assertEquals(await files(now), await source.binlogFiles());
    assertEquals(await files(then), before);
    const last = before[before.length - 1]!;
    assertEquals(await answer(now, last, 4), 1236);
    assertEquals(await answer(then, last, 4), 0);
    const executed = `SELECT ${kind === "mysql97" ? "@@gtid_executed" : "@@gtid_binlog_pos"}`;
    const wanted = (await source.sql(executed)).trim();
    assertEquals(await show(now, executed), [[wanted]]);
    assertEquals((await show(then, executed))[0]![0] === wanted, false);
  });
});
