import { assertEquals, assertStringIncludes } from "@std/assert";
import { encodeBinlogDump } from "../../lib/protocol/binlog_dump.ts";
import { decodeErrPacket } from "../../lib/protocol/response.ts";
import type { SourceConnection } from "../../lib/source/source_connection.ts";
import { waitUntil } from "../_binlogd.ts";
import { beginFile, connect, UUID, withServer, writeFiles } from "./_local.ts";

/** First packet of the answer to a request beyond the end: an error's code, or 0 for an event. */
async function firstAnswer(server: { port: number }, position: number): Promise<number> {
  const connection = await connect(server);
  await connection.query("SET @source_binlog_checksum='CRC32'");
  const request = { file: "binlog.000002", position, flags: 1, serverId: 3 };
  await connection.sendCommand(encodeBinlogDump(request));
  const payload = await connection.info.channel.read();
  connection.close();
  return payload[0] === 0xff ? decodeErrPacket(payload).code : 0;
}

function longer(): Uint8Array<ArrayBuffer> {
  const file = beginFile("binlog.000002", `${UUID}:1-10`);
  for (let gno = 11; gno <= 22; gno++) file.transaction(gno);
  return file.bytes();
}

Deno.test("a request ahead of us waits for an upstream, and is served when the bytes are there", async () => {
  const upstream = { present: true, connected: true, seenUpTo: Infinity };
  await withServer(writeFiles, async (server, dir) => {
    const bytes = longer();
    const answer = firstAnswer(server, bytes.length);
    await new Promise((resolve) => setTimeout(resolve, 150));
    await Deno.writeFile(`${dir}/binlog.000002`, bytes);
    assertEquals(await answer, 0);
  }, { upstream, waitForUpstreamMs: 20_000 });
});

Deno.test("what the upstream lacks too is 1236; what nobody can tell is not", async () => {
  const upstream = { present: true, connected: true, seenUpTo: Infinity };
  await withServer(writeFiles, async (server) => {
    assertEquals(await firstAnswer(server, 1_000_000), 1236);
    // What it had before the request says nothing of what the replica has got since.
    upstream.seenUpTo = Date.now() - 1;
    assertEquals(await firstAnswer(server, 1_000_000), 1105);
    upstream.connected = false;
    assertEquals(await firstAnswer(server, 1_000_000), 1105);
  }, { upstream, waitForUpstreamMs: 100 });
  await withServer(writeFiles, async (server) => {
    assertEquals(await firstAnswer(server, 1_000_000), 1236);
  });
});

/** Asks for what is not there yet. */
async function hold(server: { port: number }, uuid: string): Promise<SourceConnection> {
  const connection = await connect(server, { user: "native" });
  await connection.query(`SET @source_binlog_checksum='CRC32', @replica_uuid='${uuid}'`);
  const request = { file: "binlog.000002", position: 1_000_000, flags: 0, serverId: 3 };
  await connection.sendCommand(encodeBinlogDump(request));
  return connection;
}

Deno.test("a request that is held ends with its client, and by a newer one of the replica", async () => {
  const upstream = { present: true, connected: true, seenUpTo: 0 };
  await withServer(writeFiles, async (server) => {
    const watch = await connect(server, { user: "admin" });
    const count = async (): Promise<number> => (await watch.query("SHOW PROCESSLIST")).rows.length;
    const first = await hold(server, "same");
    await waitUntil(async () => await count() === 2);
    first.close();
    await waitUntil(async () => await count() === 1);
    const older = await hold(server, "same");
    const other = await hold(server, "other");
    await waitUntil(async () => await count() === 3);
    const newer = await hold(server, "same");
    const error = decodeErrPacket(await older.info.channel.read());
    assertEquals(error.code, 1236);
    assertStringIncludes(error.message, "same server_uuid/server_id");
    await waitUntil(async () => await count() === 3);
    for (const connection of [older, other, newer, watch]) connection.close();
  }, { upstream, waitForUpstreamMs: 600_000 });
});
