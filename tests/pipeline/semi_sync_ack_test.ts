import { concat } from "@std/bytes";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import { ProtocolError } from "../../lib/errors.ts";
import { StoreFile } from "../../lib/pipeline/store_file.ts";
import { encodePacket } from "../../lib/protocol/packet.ts";
import { decodeSemiSyncAck, encodeSemiSyncAck } from "../../lib/protocol/semi_sync.ts";
import { waitUntil } from "../_binlogd.ts";
import { artificialRotate, dumpPackets, FileBuilder, makeEvent } from "../_events.ts";
import { pipelineTest, runPipeline, withFolder } from "../_pipeline.ts";
import { seededRandom, SPLITS } from "../_split.ts";

const FILE = "binlog.000001";

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g)!, (pair) => parseInt(pair, 16));
}

Deno.test("an ACK packet has the bytes that sources read", () => {
  // u24 length 0x16, sequence id 0, magic ef, u64 1234, "binlog.000001" without NUL.
  const golden = bytesOf("16000000efd20400000000000062696e6c6f672e303030303031");
  assertEquals(encodePacket(encodeSemiSyncAck({ file: FILE, position: 1234 }), 0), golden);
  const far = { file: "mysql-bin.1000000", position: 2 ** 32 + 5 };
  assertEquals(
    encodeSemiSyncAck(far),
    bytesOf("ef0500000001000000" + "6d7973716c2d62696e2e31303030303030"),
  );
  assertEquals(decodeSemiSyncAck(encodeSemiSyncAck(far)), far);
});

/** A stream of transactions where some packets ask for an ACK. */
function flaggedStream(count: number, ask: (index: number) => boolean): {
  file: FileBuilder;
  stream: Uint8Array<ArrayBuffer>;
  /** End positions of the events that asked. */
  asked: number[];
} {
  const file = new FileBuilder(FILE).format();
  for (let gno = 1; gno <= count; gno++) file.transaction(gno, 20 + gno * 13 % 300);
  const events = [artificialRotate(FILE), ...file.events];
  const asked: number[] = [];
  let position = 4;
  events.forEach((event, index) => {
    if (index > 0) position += event.length;
    if (ask(index)) asked.push(position);
  });
  const stream = dumpPackets(events, { semiSync: true, ackAt: ask });
  return { file, stream, asked };
}

pipelineTest(
  "the sequence id begins again at 1 after each packet that asks for an ACK",
  async () => {
    // 300 events: without a flag the id passes 255; with flags it begins anew at odd places.
    for (const every of [0, 1, 2, 7, 256, 257]) {
      const { file, stream } = flaggedStream(60, (index) => every > 0 && index % every === 0);
      await withFolder(async (dir) => {
        await runPipeline(dir, [stream], { semiSync: true });
        assertEquals(await Deno.readFile(`${dir}/${FILE}`), file.bytes());
      });
    }
  },
);

pipelineTest("a sequence id that goes on after a flag is an error", async () => {
  const event = new FileBuilder(FILE).format().events[0]!;
  const rotate = concat([Uint8Array.of(0, 0xef, 1), artificialRotate(FILE)]);
  const format = concat([Uint8Array.of(0, 0xef, 0), event]);
  await withFolder(async (dir) => {
    const wrong = concat([encodePacket(rotate, 1), encodePacket(format, 2)]);
    await assertRejects(
      () => runPipeline(dir, [wrong], { semiSync: true }),
      ProtocolError,
      "sequence id 2 where 1 must be",
    );
  });
});

/** Syncs as slow as disks are, of random length. */
function slowFiles(random: () => number): typeof StoreFile {
  return class SlowFile extends StoreFile {
    override async sync(eventEnd: number): Promise<void> {
      // What is written after the sync began is not part of it.
      const before = this.size;
      await new Promise((resolve) => setTimeout(resolve, random() * 4));
      await super.sync(Math.min(before, eventEnd));
    }
  };
}

for (const split of SPLITS.slice(2)) {
  pipelineTest(`ACKs rise, each for a durable position that asked, ${split.name}`, async () => {
    for (let seed = 1; seed <= 5; seed++) {
      const random = seededRandom(seed);
      const flags = Array.from({ length: 200 }, () => random() < 0.3);
      const { file, stream, asked } = flaggedStream(30, (index) => flags[index]!);
      await withFolder(async (dir) => {
        const run = await runPipeline(dir, split.chunks(stream), {
          semiSync: true,
          storeFiles: slowFiles(random),
        });
        const acked = run.acks.map(({ position }) => position);
        assertEquals(acked, [...new Set(acked)].sort((a, b) => a - b), `seed ${seed}`);
        assert(acked.every((position) => asked.includes(position)), `seed ${seed}`);
        assertEquals(acked[acked.length - 1], asked[asked.length - 1]);
        // The chain counts from position 4.
        acked.forEach((position, i) => assert(run.durableAtAck[i]! >= position - 4));
        assertEquals(await Deno.readFile(`${dir}/${FILE}`), file.bytes());
      });
    }
  });
}

Deno.test("one sync and one ACK answer for all that came while a sync was under way", async () => {
  const { stream, asked } = flaggedStream(200, (index) => index > 5);
  let release: () => void = () => {};
  const gate = new Promise<void>((resolve) => release = resolve);
  let written = (): number => 0;
  class GatedFile extends StoreFile {
    override async sync(eventEnd: number): Promise<void> {
      written = () => this.size;
      await gate;
      await super.sync(eventEnd);
    }
  }
  await withFolder(async (dir) => {
    const chunks = SPLITS.find(({ name }) => name.includes("up to 100"))!.chunks(stream);
    const running = runPipeline(dir, chunks, {
      semiSync: true,
      storeFiles: GatedFile,
      onSink: async (sink) => {
        await waitUntil(() => written() === asked[asked.length - 1]);
        assertEquals(sink.counts.acks, 0);
        release();
      },
    });
    const { acks, sink } = await running;
    // The first sync began with little; the second covers all that came meanwhile.
    assert(sink.counts.syncs <= 3, `${sink.counts.syncs} syncs for ${asked.length} requests`);
    assert(acks.length <= 3);
    assertEquals(acks[acks.length - 1]!.position, asked[asked.length - 1]);
  });
});

pipelineTest(
  "a flag on what is not stored is answered with the position stored so far",
  async () => {
    const file = new FileBuilder(FILE).format().transaction(1);
    const heartbeat = makeEvent({
      type: EVENT_TYPE.HEARTBEAT_LOG_EVENT,
      body: new TextEncoder().encode(FILE),
      checksum: true,
    });
    const again = artificialRotate(FILE, file.position);
    for (const extra of [heartbeat, again]) {
      const events = [artificialRotate(FILE), ...file.events, extra];
      const stream = dumpPackets(events, {
        semiSync: true,
        ackAt: (index) => index === events.length - 1,
      });
      await withFolder(async (dir) => {
        const run = await runPipeline(dir, [stream], { semiSync: true });
        assertEquals(run.acks, [{ file: FILE, position: file.position }]);
        assertEquals(run.durableAtAck, [file.position - 4]);
      });
    }
  },
);

pipelineTest("a flag before the first event is answered with the position asked for", async () => {
  const events = [artificialRotate(FILE), ...new FileBuilder(FILE).format().events];
  const stream = dumpPackets(events, { semiSync: true, ackAt: (index) => index === 0 });
  await withFolder(async (dir) => {
    const run = await runPipeline(dir, SPLITS[1]!.chunks(stream), { semiSync: true });
    assertEquals(run.acks[0], { file: FILE, position: 4 });
  });
});

pipelineTest("an ACK names the new file as soon as its events ask", async () => {
  const one = new FileBuilder(FILE).format().transaction(1).rotate("binlog.000002");
  const two = new FileBuilder("binlog.000002").format().transaction(2);
  const events = [
    artificialRotate(FILE),
    ...one.events,
    artificialRotate("binlog.000002"),
    ...two.events,
  ];
  const stream = dumpPackets(events, {
    semiSync: true,
    ackAt: (index) => events[index]![4] === EVENT_TYPE.XID_EVENT,
  });
  for (const split of SPLITS) {
    await withFolder(async (dir) => {
      const run = await runPipeline(dir, split.chunks(stream), { semiSync: true });
      assertEquals(run.acks[run.acks.length - 1], { file: two.name, position: two.position });
      const files = run.acks.map(({ file }) => file);
      assertEquals(files, [...files].sort(), split.name);
    });
  }
});
