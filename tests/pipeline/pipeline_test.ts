import { assert, assertEquals, assertRejects } from "@std/assert";
import { FormatError, ProtocolError, ServerError } from "../../lib/errors.ts";
import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import { encodeErr } from "../../lib/protocol/response.ts";
import { encodePacket } from "../../lib/protocol/packet.ts";
import { concat } from "@std/bytes";
import { artificialRotate, dumpPackets, eofPacket, FileBuilder, makeEvent } from "../_events.ts";
import { pipelineTest, runPipeline, withFolder } from "../_pipeline.ts";
import { SPLITS } from "../_split.ts";

function twoFiles(): { one: FileBuilder; two: FileBuilder; stream: Uint8Array } {
  const one = new FileBuilder("binlog.000001").format().transaction(1).transaction(2, 700);
  one.query("CREATE TABLE t (a int)").transaction(3, 40_000).rotate("binlog.000002");
  const two = new FileBuilder("binlog.000002").format().transaction(4).transaction(5);
  const stream = dumpPackets([
    artificialRotate("binlog.000001"),
    ...one.events,
    artificialRotate("binlog.000002"),
    ...two.events,
  ]);
  return { one, two, stream };
}

for (const split of SPLITS) {
  pipelineTest(`pipeline stores files byte for byte, ${split.name}`, async () => {
    const { one, two, stream } = twoFiles();
    await withFolder(async (dir) => {
      const run = await runPipeline(dir, split.chunks(stream));
      assertEquals(run.store.files, ["binlog.000001", "binlog.000002"]);
      assertEquals(await Deno.readFile(`${dir}/binlog.000001`), one.bytes());
      assertEquals(await Deno.readFile(`${dir}/binlog.000002`), two.bytes());
      assertEquals(run.state.events, one.events.length + two.events.length);
      assertEquals(run.sink.resume?.transactionEnd, two.position);
      const size = two.events.slice(-5).reduce((sum, event) => sum + event.length, 0);
      assertEquals(run.sink.resume?.previousTransactionEnd, two.position - size);
    });
  });

  pipelineTest(`pipeline acknowledges what is durable, in order, ${split.name}`, async () => {
    const file = new FileBuilder("binlog.000001").format();
    for (let gno = 1; gno <= 20; gno++) file.transaction(gno);
    const events = [artificialRotate("binlog.000001"), ...file.events];
    const stream = dumpPackets(events, {
      semiSync: true,
      ackAt: (i) => events[i]![4] === EVENT_TYPE.XID_EVENT,
    });
    await withFolder(async (dir) => {
      const run = await runPipeline(dir, split.chunks(stream), { semiSync: true });
      assertEquals(run.acks[run.acks.length - 1], { file: file.name, position: file.position });
      for (let i = 0; i < run.acks.length; i++) {
        if (i > 0) assert(run.acks[i]!.position > run.acks[i - 1]!.position);
        assert(run.durableAtAck[i]! >= run.acks[i]!.position - 4, "ACK before durable");
      }
      assertEquals(await Deno.readFile(`${dir}/${file.name}`), file.bytes());
    });
  });
}

pipelineTest("pipeline joins packets of 16 MiB and checks a CRC over parts", async () => {
  for (const size of [0xffffff - 24, 0xffffff - 23, 0xffffff, 40_000_000]) {
    const file = new FileBuilder("binlog.000001").format().transaction(1, size).transaction(2);
    const stream = dumpPackets([artificialRotate(file.name), ...file.events]);
    await withFolder(async (dir) => {
      await runPipeline(dir, [stream]);
      const stored = await Deno.readFile(`${dir}/${file.name}`);
      assert(stored.length === file.position, `${stored.length} of ${file.position}`);
      const whole = file.bytes();
      assert(stored.every((byte, i) => byte === whole[i]));
    });
  }
});

pipelineTest(
  "pipeline never stores heartbeats, artificial events, a format sent again",
  async () => {
    const file = new FileBuilder("binlog.000001").format().transaction(1).transaction(2);
    const start = file.position - file.events.slice(-5).reduce((sum, e) => sum + e.length, 0);
    const format = file.events[0]!.slice();
    new DataView(format.buffer).setUint32(13, 0, true);
    const resent = makeEvent({ type: 15, body: format.subarray(19, -4), checksum: true });
    const heartbeat = makeEvent({
      type: EVENT_TYPE.HEARTBEAT_LOG_EVENT,
      body: new TextEncoder().encode(file.name),
      end: undefined,
      checksum: true,
    });
    const stream = dumpPackets([
      artificialRotate(file.name, start),
      resent,
      ...file.events.slice(-5),
      heartbeat,
      makeEvent({
        type: EVENT_TYPE.GTID_LIST_EVENT,
        body: new Uint8Array(6),
        flags: 0x20,
        checksum: true,
      }),
    ]);
    await withFolder(async (dir) => {
      await Deno.writeFile(`${dir}/${file.name}`, file.bytes());
      const run = await runPipeline(dir, [stream], {
        file: file.name,
        position: start,
        files: [file.name],
        resume: {
          file: file.name,
          eventEnd: file.position,
          transactionEnd: file.position,
          previousTransactionEnd: start,
        },
      });
      assertEquals(await Deno.readFile(`${dir}/${file.name}`), file.bytes());
      assertEquals(run.state.heartbeats, 1);
      assertEquals(run.store.formats.length, 1);
    });
  },
);

pipelineTest("pipeline ends cleanly on the EOF packet", async () => {
  const file = new FileBuilder("binlog.000001").format().transaction(1);
  const events = [artificialRotate(file.name), ...file.events];
  const stream = concat([dumpPackets(events), eofPacket(events.length + 1)]);
  await withFolder(async (dir) => {
    const run = await runPipeline(dir, [stream]);
    assert(run.state.ended);
    assertEquals(await Deno.readFile(`${dir}/${file.name}`), file.bytes());
  });
});

pipelineTest("pipeline turns an ERR packet into a ServerError", async () => {
  const packet = encodeErr({ code: 1236, sqlState: "HY000", message: "gone" });
  await withFolder(async (dir) => {
    const error = await assertRejects(
      () => runPipeline(dir, [encodePacket(packet, 1)]),
      ServerError,
      "gone",
    );
    assertEquals(error.details.code, 1236);
  });
});

pipelineTest("pipeline refuses a stream that ends inside an event", async () => {
  const file = new FileBuilder("binlog.000001").format().transaction(1);
  const stream = dumpPackets([artificialRotate(file.name), ...file.events]);
  await withFolder(async (dir) => {
    await assertRejects(() => runPipeline(dir, [stream.subarray(0, -1)]), ProtocolError);
    const stored = await Deno.readFile(`${dir}/${file.name}`);
    assertEquals(stored, file.bytes().subarray(0, stored.length));
  });
});

pipelineTest("pipeline finds each flipped bit of the events and stores nothing of it", async () => {
  const file = new FileBuilder("binlog.000001").format().transaction(1);
  const events = [artificialRotate(file.name), ...file.events];
  const stream = dumpPackets(events);
  const whole = file.bytes();
  for (let at = 0; at < stream.length; at++) {
    const damaged = stream.slice();
    damaged[at]! ^= 1 << (at % 8);
    await withFolder(async (dir) => {
      const error = await runPipeline(dir, [damaged]).then(() => undefined, (error) => error);
      const typed = error instanceof FormatError || error instanceof ProtocolError ||
        error instanceof ServerError || error?.name === "DivergenceError";
      assert(typed, `byte ${at}: ${error?.stack ?? "no error"}`);
      for await (const entry of Deno.readDir(dir)) {
        const stored = await Deno.readFile(`${dir}/${entry.name}`);
        assertEquals(stored, whole.subarray(0, stored.length), `byte ${at}`);
      }
    });
  }
});

pipelineTest("pipeline names a hole with file, position, expected and found", async () => {
  const file = new FileBuilder("binlog.000001").format().transaction(1).transaction(2);
  const events = [artificialRotate(file.name), ...file.events.toSpliced(3, 1)];
  await withFolder(async (dir) => {
    const error = await assertRejects(
      () => runPipeline(dir, [dumpPackets(events)]),
      FormatError,
      "Hole in the stream",
    );
    assertEquals(error.details.file, file.name);
    assert(error.details.expected !== error.details.found);
  });
});
