import { assertEquals, assertStringIncludes } from "@std/assert";
import { concat } from "@std/bytes";
import { encodeBinlogDump, encodeBinlogDumpGtid } from "../../lib/protocol/binlog_dump.ts";
import { decodeErrPacket, type ErrPacket } from "../../lib/protocol/response.ts";
import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import { beginFile, connect, withServer, writeFiles } from "./_local.ts";

/** The error that a dump ends with. */
async function dumpError(server: { port: number }, byGtid: boolean): Promise<ErrPacket> {
  const connection = await connect(server, { user: "native" });
  try {
    await connection.query("SET @source_binlog_checksum='CRC32'");
    const request = { file: byGtid ? "" : "binlog.000001", position: 4, flags: 1, serverId: 9 };
    const none = new Uint8Array(8);
    await connection.sendCommand(
      byGtid ? encodeBinlogDumpGtid({ ...request, gtidSet: none }) : encodeBinlogDump(request),
    );
    for (;;) {
      const payload = await connection.info.channel.read();
      if (payload[0] === 0xff) return decodeErrPacket(payload);
    }
  } finally {
    connection.close();
  }
}

Deno.test("damage is 1236 wherever it is, also in the first events of a file", async () => {
  for (const index of [0, 1, 2, 5]) {
    await withServer(async (dir) => {
      const [first] = await writeFiles(dir);
      const bytes = first!.bytes();
      const at = 4 + concat(first!.events.slice(0, index)).length;
      await Deno.writeFile(`${dir}/binlog.000001`, bytes.fill(0, at + 9, at + 13));
    }, async (server) => {
      for (const byGtid of [false, true]) {
        const error = await dumpError(server, byGtid);
        assertEquals(error.code, 1236, `${index}: ${error.message}`);
        assertStringIncludes(error.message, "bogus data in log event");
      }
    });
  }
});

Deno.test("an error behind events that were not sent yet is a packet like any other", async () => {
  await withServer(async (dir) => {
    const file = beginFile("binlog.000001", "").transaction(1).transaction(2);
    file.add(EVENT_TYPE.ANONYMOUS_GTID_LOG_EVENT, new Uint8Array(42)).query("CREATE TABLE t");
    await Deno.writeFile(`${dir}/binlog.000001`, file.transaction(3).bytes());
  }, async (server) => {
    // Reading checks the sequence ids.
    const error = await dumpError(server, true);
    assertEquals(error.code, 1236, error.message);
    assertStringIncludes(error.message, "Cannot replicate anonymous transaction");
  });
});
