import { assert, assertEquals } from "@std/assert";
import { encodeBinlogDump } from "../../lib/protocol/binlog_dump.ts";
import { encodePacket } from "../../lib/protocol/packet.ts";
import { encodeSemiSyncAck } from "../../lib/protocol/semi_sync.ts";
import { waitUntil } from "../_binlogd.ts";
import { beginFile, connect, UUID, withServer, writeFiles } from "./_local.ts";

Deno.test("every packet has the semi-sync header, the last commit asks, and ids begin anew", async () => {
  await withServer(writeFiles, async (server, dir) => {
    const connection = await connect(server);
    await connection.query("SET @source_binlog_checksum='CRC32', @rpl_semi_sync_replica=1");
    const request = { file: "binlog.000002", position: 4, flags: 0, serverId: 77 };
    await connection.sendCommand(encodeBinlogDump(request));
    const { channel, stream } = connection.info;
    const acked: number[] = [];
    const read = async (until: number): Promise<void> => {
      while (acked.length < until) {
        const payload = await channel.read();
        assertEquals([payload[0], payload[1]], [0, 0xef]);
        if (payload[2] === 0) continue;
        assertEquals(payload[3 + 4], 16, "an XID ends the transaction");
        const position = new DataView(payload.buffer).getUint32(3 + 13, true);
        acked.push(position);
        await stream.write(encodePacket(encodeSemiSyncAck({ file: "binlog.000002", position }), 0));
        // The next packet has sequence id 1.
        channel.sequence = 1;
      }
    };
    await read(1);
    const file = beginFile("binlog.000002", `${UUID}:1-10`);
    for (let gno = 11; gno <= 20; gno++) file.transaction(gno);
    assertEquals(acked, [file.position]);
    file.transaction(21, 700_000).transaction(22);
    const path = `${dir}/binlog.000002`;
    const from = (await Deno.stat(path)).size;
    await Deno.writeFile(path, file.bytes().subarray(from), { append: true });
    await waitUntil(async () => {
      await read(acked.length + 1);
      return acked[acked.length - 1] === file.position;
    });
    const watch = await connect(server, { user: "nmonitor" });
    await waitUntil(async () => {
      const { rows } = await watch.query("SHOW STATUS LIKE 'binlogd_acked_77'");
      return rows[0]?.[1] === `binlog.000002:${file.position}`;
    });
    watch.close();
    connection.close();
  });
});

Deno.test("an ACK of what there is not counts for nothing and ends the dump", async () => {
  await withServer(writeFiles, async (server) => {
    const known = [{ file: "binlog.000002", position: 2 ** 40 }, { file: "zzz", position: 4 }];
    for (const ack of known) {
      const connection = await connect(server, { user: "native" });
      await connection.query("SET @source_binlog_checksum='CRC32', @rpl_semi_sync_replica=1");
      const request = { file: "binlog.000001", position: 4, flags: 0, serverId: 78 };
      await connection.sendCommand(encodeBinlogDump(request));
      const { channel, stream } = connection.info;
      await channel.read();
      await stream.write(encodePacket(encodeSemiSyncAck(ack), 0));
      const buffer = new Uint8Array(65536);
      while (await stream.read(buffer).catch(() => null) !== null);
      assertEquals(server.semiSync!.received, 0);
      connection.close();
    }
  });
});

Deno.test("a server without semi-sync does not know its variables", async () => {
  await withServer(writeFiles, async (server) => {
    const connection = await connect(server);
    const outcome = await connection.query("SELECT @@global.rpl_semi_sync_source_enabled")
      .then(() => "known", (error) => String(error));
    assert(outcome.includes("1193"), outcome);
    connection.close();
  }, { semiSync: false });
});
