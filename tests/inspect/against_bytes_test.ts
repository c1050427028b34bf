import { assertEquals } from "@std/assert";
import { CompareSink } from "../../lib/inspect/against_bytes.ts";
import { BatchPool } from "../../lib/pipeline/batch_pool.ts";
import { EventParser } from "../../lib/pipeline/event_parser.ts";
import { PacketDeframer } from "../../lib/pipeline/packet_deframer.ts";
import { socketSource } from "../../lib/pipeline/socket_source.ts";
import { StreamState } from "../../lib/pipeline/stream_state.ts";
import { artificialRotate, dumpPackets, eofPacket, FileBuilder } from "../_events.ts";
import { withFolder } from "../_pipeline.ts";
import { chunkSocket } from "../_split.ts";

Deno.test("a comparison is over when the source goes on to a file behind those compared", async () => {
  const one = new FileBuilder("binlog.000001").format().transaction(1).rotate("binlog.000002");
  const two = new FileBuilder("binlog.000002").format().transaction(2).rotate("binlog.000003");
  const three = new FileBuilder("binlog.000003").format().transaction(3);
  const events = [one, two, three].flatMap((file) => [artificialRotate(file.name), ...file.events]);
  await withFolder(async (dir) => {
    for (const file of [one, two, three]) await Deno.writeFile(`${dir}/${file.name}`, file.bytes());
    for (const count of [1, 2, 3]) {
      const files = [one, two, three].slice(0, count);
      const told: boolean[] = [];
      const sink: CompareSink = new CompareSink({
        dir,
        files: files.map(({ name }) => name),
        onOver: () => told.push(sink.over),
      });
      const stream = dumpPackets(events);
      const state = new StreamState(false);
      await socketSource(chunkSocket([stream, eofPacket(events.length + 1)]), new BatchPool())
        .pipeThrough(new PacketDeframer(state))
        .pipeThrough(new EventParser(state, { file: "", position: 4, checksum: true }))
        .pipeTo(sink);
      assertEquals(told, count < 3 ? [true] : []);
      assertEquals(sink.equal, files.reduce((sum, { position }) => sum + position - 4, 0));
      assertEquals(sink.findings, []);
    }
  });
});
