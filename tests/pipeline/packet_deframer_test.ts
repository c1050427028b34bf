import { assertEquals, assertRejects } from "@std/assert";
import { concat } from "@std/bytes";
import { ProtocolError } from "../../lib/errors.ts";
import { SPAN_FIRST, SPAN_LAST, SPAN_WORDS } from "../../lib/pipeline/batch.ts";
import { BatchPool } from "../../lib/pipeline/batch_pool.ts";
import { PacketDeframer, type PacketDeframerOptions } from "../../lib/pipeline/packet_deframer.ts";
import { socketSource } from "../../lib/pipeline/socket_source.ts";
import { StreamState } from "../../lib/pipeline/stream_state.ts";
import { encodePacket, writePacketHeader } from "../../lib/protocol/packet.ts";
import { makeEvent } from "../_events.ts";
import { KERNELS } from "../_pipeline.ts";
import { chunkSocket, seededRandom, SPLITS } from "../_split.ts";

const CHUNK_MAX = 0xff_ffff;

/** The payloads that come out, put together by their spans. */
async function payloads(
  chunks: Uint8Array[],
  options: PacketDeframerOptions & { semiSync?: boolean } = {},
): Promise<{ payloads: Uint8Array[]; state: StreamState }> {
  const state = new StreamState(options.semiSync ?? false);
  const found: Uint8Array[] = [];
  let parts: Uint8Array[] = [];
  const pool = new BatchPool(options.kernel?.allocate);
  const stream = socketSource(chunkSocket(chunks), pool)
    .pipeThrough(new PacketDeframer(state, options));
  for await (const batch of stream) {
    for (let word = 0; word < batch.spanCount * SPAN_WORDS; word += SPAN_WORDS) {
      const [at, size, flags] = batch.spans.subarray(word, word + SPAN_WORDS);
      assertEquals(parts.length === 0, (flags! & SPAN_FIRST) !== 0);
      parts.push(batch.bytes.slice(at!, at! + size!));
      if (flags! & SPAN_LAST) {
        found.push(concat(parts));
        parts = [];
      }
    }
    batch.release();
  }
  assertEquals(parts, []);
  return { payloads: found, state };
}

/** Payloads that are a status byte and an event of random size, and their packets. */
function sample(count: number, max: number): { bodies: Uint8Array[]; packets: Uint8Array[] } {
  const random = seededRandom(count);
  const bodies: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const body = new Uint8Array(Math.floor(random() * max)).map(() => random() * 256);
    bodies.push(concat([Uint8Array.of(0), makeEvent({ type: 30, body, checksum: false })]));
  }
  return { bodies, packets: bodies.map((body, i) => encodePacket(body, (i + 1) & 0xff)) };
}

for (const { name, make } of KERNELS) {
  Deno.test(`packets come out alike however they are cut, ${name} kernel`, async () => {
    // More than 256, so that the sequence id begins again.
    const { bodies, packets } = sample(600, 60);
    const stream = concat(packets);
    for (const split of SPLITS) {
      const { payloads: found, state } = await payloads(split.chunks(stream), { kernel: make() });
      assertEquals(found, bodies, split.name);
      assertEquals(state.receivedBytes, stream.length);
    }
  });

  Deno.test(`a packet that is out of turn is refused, ${name} kernel`, async () => {
    const { packets } = sample(20, 60);
    for (const at of [0, 1, 19]) {
      const changed = packets.map((packet) => packet.slice());
      changed[at]![3]! ^= 1;
      await assertRejects(
        () => payloads([concat(changed)], { kernel: make() }),
        ProtocolError,
        `where ${at + 1} must be`,
      );
      const { payloads: found } = await payloads([concat(changed)], {
        kernel: make(),
        checkSequence: false,
      });
      assertEquals(found.length, 20);
    }
  });
}

Deno.test("a payload of more than 16 MiB goes on in the packets that follow", async () => {
  for (const size of [CHUNK_MAX - 1, CHUNK_MAX, CHUNK_MAX + 1, 2 * CHUNK_MAX]) {
    const body = new Uint8Array(size);
    body.set([0, 1, 2, 3]);
    body.set([7, 8, 9], size - 3);
    const last = Uint8Array.of(0, 5);
    const chunks = Math.floor(size / CHUNK_MAX) + 1;
    const { payloads: found } = await payloads([
      encodePacket(body, 1),
      encodePacket(last, 1 + chunks),
    ]);
    assertEquals(found.map(({ length }) => length), [size, 2], `${size}`);
    assertEquals([...found[0]!.subarray(0, 4), ...found[0]!.subarray(-3)], [0, 1, 2, 3, 7, 8, 9]);
    assertEquals(found[1], last);
  }
});

Deno.test("an end within a packet is told, an end between two is none", async () => {
  const { packets } = sample(3, 30);
  const stream = concat(packets);
  const ends = [0, ...packets.map((_, i) => concat(packets.slice(0, i + 1)).length)];
  for (let size = 0; size <= stream.length; size++) {
    const run = (): Promise<unknown> => payloads([stream.slice(0, size)].filter((c) => c.length));
    if (ends.includes(size)) await run();
    else await assertRejects(run, ProtocolError, "the connection ended inside it");
  }
  const open = encodePacket(new Uint8Array(CHUNK_MAX), 1).subarray(0, CHUNK_MAX + 4);
  await assertRejects(() => payloads([open]), ProtocolError, "the connection ended inside it");
});

Deno.test("an empty packet is refused", async () => {
  await assertRejects(() => payloads([Uint8Array.of(0, 0, 0, 1)]), ProtocolError, "empty payload");
});

Deno.test("sequence ids begin again after a packet that asks for an ACK", async () => {
  const bytes = makeEvent({ type: 30, body: Uint8Array.of(9, 9), checksum: false });
  const event = (ack: number, sequence: number): Uint8Array =>
    encodePacket(concat([Uint8Array.of(0, 0xef, ack), bytes]), sequence);
  const good = [event(0, 1), event(1, 2), event(0, 1), event(1, 2), event(1, 1), event(0, 1)];
  for (const { make } of KERNELS) {
    const { payloads: found, state } = await payloads([concat(good)], {
      semiSync: true,
      kernel: make(),
    });
    assertEquals([found.length, state.semiSync], [6, true]);
  }
  // Not asked for, the same bytes are no header of semi-sync.
  await assertRejects(() => payloads(good), ProtocolError, "where 3 must be");
});

/** A packet whose header says `more` bytes than it has. */
function lying(packet: Uint8Array, more: number): Uint8Array {
  const changed = packet.slice();
  writePacketHeader(changed, 0, packet.length - 4 + more, packet[3]!);
  return changed;
}

Deno.test("a head waits for its rest until the event says that there is none", async () => {
  const { packets } = sample(2, 60);
  const size = packets[1]!.length - 4;
  for (const { make } of KERNELS) {
    for (const more of [1, 100, 0x40_0000, CHUNK_MAX - size]) {
      for (const split of SPLITS) {
        let seen = 0;
        const state = new StreamState(false);
        const kernel = make();
        const bytes = concat([packets[0]!, lying(packets[1]!, more)]);
        const stream = socketSource(
          chunkSocket(split.chunks(bytes)),
          new BatchPool(kernel.allocate),
        )
          .pipeThrough(new PacketDeframer(state, { kernel }));
        // What has come is handed on, although the packet has not ended.
        await assertRejects(
          async () => {
            for await (const batch of stream) {
              for (let word = 0; word < batch.spanCount * SPAN_WORDS; word += SPAN_WORDS) {
                seen += batch.spans[word + 1]!;
              }
              batch.release();
            }
          },
          ProtocolError,
          "the connection ended inside it",
        );
        assertEquals(seen, packets[0]!.length - 4 + size, `${more} more, ${split.name}`);
      }
    }
  }
});

Deno.test("a head that may be right waits", async () => {
  const { packets } = sample(1, 600);
  const large = encodePacket(
    concat([
      Uint8Array.of(0),
      makeEvent({ type: 30, body: new Uint8Array(20_000), checksum: false }),
    ]),
    1,
  );
  const err = encodePacket(Uint8Array.of(0xff, ...new Uint8Array(90)), 1);
  const ok = encodePacket(Uint8Array.of(0, 0, 0, 2, 0, 0, 0), 1);
  for (const packet of [packets[0]!, large, err, ok]) {
    const { payloads: found } = await payloads(SPLITS[1]!.chunks(packet));
    assertEquals(found, [packet.subarray(4)]);
  }
});
