/** How much one client may ask for: the server goes on, and others are answered meanwhile. */
import { assertEquals, assertLess, assertRejects, assertStringIncludes } from "@std/assert";
import { encodeBinlogDumpGtid } from "../../lib/protocol/binlog_dump.ts";
import { COMMAND } from "../../lib/protocol/commands.ts";
import { GtidSet } from "../../lib/gtid/gtid_set.ts";
import { encodeGtidSet } from "../../lib/gtid/gtid_set_codec.ts";
import type { ServerError } from "../../lib/errors.ts";
import type { RunningServer } from "../../lib/server/server.ts";
import type { SourceConnection } from "../../lib/source/source_connection.ts";
import { waitUntil } from "../_binlogd.ts";
import { connect, UUID, withServer, writeFiles } from "./_local.ts";

const MIB = 1024 * 1024;

async function errorOf(work: Promise<unknown>): Promise<number | undefined> {
  const error = await assertRejects(() => work) as ServerError;
  return error.details?.code;
}

async function withClient(
  user: string,
  work: (client: SourceConnection, server: RunningServer) => Promise<void>,
): Promise<void> {
  await withServer(writeFiles, async (server) => {
    const client = await connect(server, { user });
    await work(client, server);
    assertEquals(await client.queryValue("SELECT 1"), "1");
    client.close();
  });
}

Deno.test("no statement makes more text than a session can keep", async () => {
  await withClient("native", async (client) => {
    await client.query(`SET @a = '${"x".repeat(MIB / 4)}'`);
    const many = (count: number): string => Array(count).fill("@a").join(",");
    assertEquals((await client.queryValue(`SELECT CONCAT(${many(4)})`))?.length, MIB);
    assertEquals(await errorOf(client.query(`SELECT CONCAT(${many(5)})`)), 1301);
    assertEquals(await errorOf(client.query(`SELECT CONCAT(${many(50_000)})`)), 1105);
    assertEquals(await errorOf(client.query(`SELECT ${many(5)}`)), 1105);
    await client.query("SET @b = @a, @c = @a");
    assertEquals(await errorOf(client.query("SET @d = @a")), 1105);
    // What was refused takes no room.
    await client.query("SET @a = '', @d = @b");
    assertEquals(await errorOf(client.query(`SET @${"n".repeat(MIB / 2)} = 1`)), 1105);
  });
});

Deno.test("a statement with much work ends soon, answered or refused", async () => {
  await withClient("nmonitor", async (client) => {
    const parts = Array.from({ length: 100_000 }, (_, i) => 300_000 - 2 * i);
    await client.query(`SET @a = '${UUID}:${parts.join(":")}'`);
    const started = performance.now();
    assertEquals(await client.queryValue("SELECT GTID_SUBSET(@a, @a)"), "1");
    assertEquals(await client.queryValue("SELECT GTID_SUBTRACT(@a, @a)"), "");
    const subtracts = Array(200).fill("LOWER(GTID_SUBTRACT(@a, @a))").join(",");
    assertEquals(await errorOf(client.query(`SELECT ${subtracts}`)), 1105);
    const assigns = Array(10_000).fill("@b = @a, @b = 1").join(",");
    assertEquals(await errorOf(client.query(`SET ${assigns}`)), 1105);
    const likes = (count: number): string =>
      Array(count).fill("Variable_name LIKE 'server_i%'").join(" OR ");
    assertEquals((await client.query(`SHOW VARIABLES WHERE ${likes(200)}`)).rows.length, 1);
    assertEquals(await errorOf(client.query(`SHOW VARIABLES WHERE ${likes(20_000)}`)), 1064);
    assertEquals(await errorOf(client.query(`SHOW VARIABLES LIKE '${"%a".repeat(9999)}'`)), 1064);
    assertLess(performance.now() - started, 60_000);
  });
});

Deno.test("BINLOG_GTID_POS is for who may know, and read for once in a statement", async () => {
  await withServer(writeFiles, async (server) => {
    const call = "BINLOG_GTID_POS('binlog.000001', 4)";
    for (const user of ["native", "monitor", "admin"]) {
      const client = await connect(server, { user });
      assertEquals(await client.queryValue(`SELECT ${call}`), "");
      assertEquals(await client.queryValue("SELECT BINLOG_GTID_POS('nothing', 4)"), null);
      await client.query(`SET @a = CONCAT(${call}, 'x')`);
      assertEquals(await client.queryValue("SELECT @a"), "x");
      assertEquals(await errorOf(client.query(`SELECT ${call}, LOWER(${call})`)), 1235);
      assertEquals(await errorOf(client.query("SELECT BINLOG_GTID_POS('x')")), 1582);
      client.close();
    }
    const none = await connect(server, { user: "nothing" });
    assertEquals(await errorOf(none.query(`SELECT ${call}`)), 1227);
    none.close();
  });
});

/** Sends the head of a packet and a little of what it says. */
async function begin(client: SourceConnection, command: number, size: number): Promise<void> {
  const bytes = new Uint8Array(1000);
  bytes.set([size & 0xff, (size >> 8) & 0xff, size >> 16, 0, command]);
  await client.info.stream.write(bytes);
  client.info.channel.sequence = 1;
}

Deno.test("a command longer than a statement is refused when its size is seen", async () => {
  await withServer(writeFiles, async (server) => {
    for (const user of ["monitor", "native"]) {
      const client = await connect(server, { user });
      const long = new Uint8Array(MIB + 1000).fill(0x20);
      long[0] = COMMAND.COM_QUERY;
      assertEquals(await errorOf(client.command(long)), 1153);
      client.close();
    }
    const monitor = await connect(server, { user: "monitor" });
    await begin(monitor, COMMAND.COM_BINLOG_DUMP_GTID, 2 * MIB);
    const answer = await monitor.info.channel.read();
    assertEquals([answer[0], answer[1]! | (answer[2]! << 8)], [0xff, 1153]);
    monitor.close();
  });
});

Deno.test("only few dump requests of great length are taken at a time", async () => {
  await withServer(writeFiles, async (server) => {
    const open: SourceConnection[] = [];
    const answers: number[] = [];
    for (let i = 0; i < 8; i++) {
      const client = await connect(server, { user: "native" });
      open.push(client);
      await begin(client, COMMAND.COM_BINLOG_DUMP_GTID, 2 * MIB);
      client.info.channel.read().then((answer) => answers.push(answer[1]!), () => {});
    }
    const set = new GtidSet();
    set.addIntervals(
      UUID,
      "",
      Array.from({ length: 80_000 }, (_, i) => ({
        start: 2n * BigInt(i) + 1n,
        end: 2n * BigInt(i) + 2n,
      })),
    );
    const request = { file: "", position: 4, flags: 1, serverId: 3, gtidSet: encodeGtidSet(set) };
    await waitUntil(() => answers.length === 4);
    const ask = async (): Promise<number | undefined> => {
      const replica = await connect(server, { user: "native" });
      try {
        return await errorOf(replica.command(encodeBinlogDumpGtid(request)));
      } finally {
        replica.close();
      }
    };
    assertEquals(await ask(), 1153);
    for (const client of open) client.close();
    // They give their places back: this one is read, and is ahead of what is here.
    await waitUntil(async () => await ask() === 1236);
  });
});

Deno.test("beyond the limit of connections there is room for one that may end others", async () => {
  await withServer(writeFiles, async (server) => {
    const first = await connect(server, { user: "native" });
    const refused = await assertRejects(() => connect(server, { user: "native" }));
    assertStringIncludes(String(refused), "Too many connections");
    const admin = await connect(server, { user: "admin" });
    const second = await assertRejects(() => connect(server, { user: "admin" }));
    assertStringIncludes(String(second), "Too many connections");
    await admin.query(`KILL ${first.info.connectionId}`);
    admin.close();
    first.close();
  }, { maxConnections: 1 });
});
