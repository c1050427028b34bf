import { assertEquals } from "@std/assert";
import { encodeBinlogDump } from "../../lib/protocol/binlog_dump.ts";
import { decodeErrPacket } from "../../lib/protocol/response.ts";
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
  const upstream = { present: true, connected: true };
  await withServer(writeFiles, async (server, dir) => {
    const bytes = longer();
    const answer = firstAnswer(server, bytes.length);
    await new Promise((resolve) => setTimeout(resolve, 150));
    await Deno.writeFile(`${dir}/binlog.000002`, bytes);
    assertEquals(await answer, 0);
  }, { upstream, waitForUpstreamMs: 20_000 });
});

Deno.test("what the upstream lacks too is 1236; what nobody can tell is not", async () => {
  const upstream = { present: true, connected: true };
  await withServer(writeFiles, async (server) => {
    assertEquals(await firstAnswer(server, 1_000_000), 1236);
    upstream.connected = false;
    assertEquals(await firstAnswer(server, 1_000_000), 1105);
  }, { upstream, waitForUpstreamMs: 100 });
  await withServer(writeFiles, async (server) => {
    assertEquals(await firstAnswer(server, 1_000_000), 1236);
  });
});
