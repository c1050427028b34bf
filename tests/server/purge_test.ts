import { assertEquals, assertRejects } from "@std/assert";
import { purgeServed } from "../../lib/cli/purge_served.ts";
import type { ServerError } from "../../lib/errors.ts";
import { newIdentity, writeIdentity } from "../../lib/store/identity.ts";
import { encodeBinlogDump } from "../../lib/protocol/binlog_dump.ts";
import type { RunningServer } from "../../lib/server/server.ts";
import { waitUntil } from "../_binlogd.ts";
import { beginFile, connect, UUID, withServer } from "./_local.ts";

/** Three files, the first of them larger than what fits between a server and a client. */
async function withPurge(
  work: (server: RunningServer, dir: string) => Promise<void>,
): Promise<void> {
  let folder = "";
  await withServer(async (dir) => {
    await writeIdentity(dir, newIdentity());
    const first = beginFile("binlog.000001", "");
    for (let gno = 1; gno <= 40; gno++) first.transaction(gno, 1_000_000);
    const second = beginFile("binlog.000002", `${UUID}:1-40`).transaction(41);
    const third = beginFile("binlog.000003", `${UUID}:1-41`).transaction(42);
    for (const file of [first, second, third]) {
      await Deno.writeFile(`${dir}/${file.name}`, file.bytes());
    }
  }, async (server, dir) => {
    folder = dir;
    await work(server, dir);
  }, { purge: (file) => purgeServed(folder, file) });
}

Deno.test("PURGE leaves a file that is being read, and its reader gets everything", async () => {
  await withPurge(async (server) => {
    const admin = await connect(server, { user: "admin" });
    const files = async (): Promise<unknown[]> =>
      (await admin.query("SHOW BINARY LOGS")).rows.map(([name]) => name);
    const reader = await connect(server, { user: "native" });
    await reader.query("SET @source_binlog_checksum='CRC32'");
    const request = { file: "", position: 4, flags: 1, serverId: 5 };
    await reader.sendCommand(encodeBinlogDump(request));
    const { channel } = reader.info;
    await channel.read();
    await admin.query("PURGE BINARY LOGS TO 'binlog.000003'");
    assertEquals((await files()).length, 3);
    let transactions = 0;
    for (;;) {
      const payload = await channel.read();
      if (payload[0] === 0xff) throw new Error("the reader was thrown out");
      if (payload[0] === 0xfe && payload.length < 9) break;
      if (payload[5] === 16) transactions++;
    }
    assertEquals(transactions, 42);
    reader.close();
    await waitUntil(async () => (await admin.query("SHOW PROCESSLIST")).rows.length === 1);
    await admin.query("PURGE BINARY LOGS TO 'binlog.000003'");
    assertEquals(await files(), ["binlog.000003"]);
    admin.close();
  });
});

Deno.test("PURGE BEFORE means UTC, as NOW() and the time zone that is shown", async () => {
  await withPurge(async (server, dir) => {
    const admin = await connect(server, { user: "admin" });
    const time = Date.parse("2026-03-01T12:00:00Z");
    for (const [index, name] of ["binlog.000001", "binlog.000002", "binlog.000003"].entries()) {
      const date = new Date(time + index * 60_000);
      await Deno.utime(`${dir}/${name}`, date, date);
    }
    const left = async (before: string): Promise<number> => {
      await admin.query(`PURGE BINARY LOGS BEFORE ${before}`);
      return (await admin.query("SHOW BINARY LOGS")).rows.length;
    };
    assertEquals(await left("'2026-03-01 12:00:00'"), 3);
    assertEquals(await left("'2026-02-28'"), 3);
    assertEquals(await left("'2026-03-01 12:00:01' - INTERVAL 1 SECOND"), 3);
    assertEquals(await left("DATE_SUB('2026-03-08 12:00:01', INTERVAL 1 WEEK)"), 2);
    assertEquals(await left("DATE_ADD('2026-01-31', INTERVAL 1 MONTH) - INTERVAL 1 DAY"), 2);
    assertEquals(await left("NOW() - INTERVAL 100 YEAR"), 2);
    assertEquals(await left("NOW()"), 1);
    const error = await assertRejects(() => left("'yesterday'")) as ServerError;
    assertEquals(error.details?.code, 1231);
    for (const wrong of ["NOW() - 7", "NOW() - INTERVAL 1 DAYS", "INTERVAL 1 DAY"]) {
      const syntax = await assertRejects(() => left(wrong)) as ServerError;
      assertEquals([1064, 1054].includes(syntax.details!.code as number), true, wrong);
    }
    const replica = await connect(server);
    const refused = await assertRejects(() => replica.query("PURGE BINARY LOGS BEFORE NOW()"));
    assertEquals((refused as ServerError).details?.code, 1227);
    replica.close();
    admin.close();
  });
});
