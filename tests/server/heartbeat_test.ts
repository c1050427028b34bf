import { assertEquals } from "@std/assert";
import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import { encodeBinlogDump } from "../../lib/protocol/binlog_dump.ts";
import type { SourceConnection } from "../../lib/source/source_connection.ts";
import { waitUntil } from "../_binlogd.ts";
import { beginFile, connect, UUID, withServer, writeFiles } from "./_local.ts";

/** Types of the events that come, until the connection is closed. */
async function readTypes(connection: SourceConnection, seen: number[]): Promise<void> {
  for (;;) {
    const payload = await connection.info.channel.tryRead().catch(() => undefined);
    if (!payload) return;
    seen.push(payload[5]!);
  }
}

Deno.test("the longest heartbeat period that a replica may have means hardly ever", async () => {
  await withServer(writeFiles, async (server, dir) => {
    const connection = await connect(server);
    await connection.query(
      "SET @source_binlog_checksum='CRC32', @source_heartbeat_period = 4294967000000000",
    );
    const request = { file: "binlog.000002", position: 4, flags: 0, serverId: 9 };
    await connection.sendCommand(encodeBinlogDump(request));
    const seen: number[] = [];
    const reading = readTypes(connection, seen);
    const ends = (): number => seen.filter((type) => type === EVENT_TYPE.XID_EVENT).length;
    await waitUntil(() => ends() === 10);
    const file = beginFile("binlog.000002", `${UUID}:1-10`);
    for (let gno = 11; gno <= 21; gno++) file.transaction(gno);
    const path = `${dir}/binlog.000002`;
    const from = (await Deno.stat(path)).size;
    await Deno.writeFile(path, file.bytes().subarray(from), { append: true });
    await waitUntil(() => ends() === 11);
    assertEquals(seen.includes(EVENT_TYPE.HEARTBEAT_LOG_EVENT), false);
    connection.close();
    await reading;
  });
});
