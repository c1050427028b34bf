/** Packets over a stream in any pieces, wrong ones, long ones, and streams that end or break. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { concat } from "@std/bytes";
import { BinlogdError, ConnectionError, ProtocolError } from "../../lib/errors.ts";
import type { ByteStream } from "../../lib/protocol/byte_stream.ts";
import {
  encodePacket,
  PACKET_CHUNK_MAX,
  packetCount,
  writePacketHeader,
} from "../../lib/protocol/packet.ts";
import { PacketChannel, PAYLOAD_MAX } from "../../lib/protocol/packet_channel.ts";
import { chunkSocket, SPLITS } from "../_split.ts";

/** A stream that gives these chunks and keeps what is written to it, `part` bytes a write. */
function scripted(chunks: Uint8Array[], part = Infinity): ByteStream & { written: Uint8Array[] } {
  const written: Uint8Array[] = [];
  return {
    ...chunkSocket(chunks),
    written,
    write(bytes) {
      const taken = bytes.slice(0, Math.min(part, bytes.length));
      written.push(taken);
      return Promise.resolve(taken.length);
    },
    close() {},
  };
}

function payloadOf(size: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * 167 + seed + (i >> 8)) & 255);
}

function header(size: number, sequence: number): Uint8Array {
  const bytes = new Uint8Array(4);
  writePacketHeader(bytes, 0, size, sequence);
  return bytes;
}

Deno.test("a payload is cut into packets of 0xffffff bytes, the last shorter or empty", () => {
  assertEquals(encodePacket(Uint8Array.of(7), 3), Uint8Array.of(1, 0, 0, 3, 7));
  assertEquals(encodePacket(new Uint8Array(0), 255), Uint8Array.of(0, 0, 0, 255));
  for (
    const [size, headers] of [
      [PACKET_CHUNK_MAX - 1, [[0xfe, 0xff, 0xff, 254]]],
      [PACKET_CHUNK_MAX, [[0xff, 0xff, 0xff, 254], [0, 0, 0, 255]]],
      [PACKET_CHUNK_MAX + 1, [[0xff, 0xff, 0xff, 254], [1, 0, 0, 255]]],
      [2 * PACKET_CHUNK_MAX, [[0xff, 0xff, 0xff, 254], [0xff, 0xff, 0xff, 255], [0, 0, 0, 0]]],
    ] as const
  ) {
    const bytes = encodePacket(new Uint8Array(size), 254);
    assertEquals(bytes.length, size + 4 * headers.length);
    assertEquals(packetCount(size), headers.length);
    headers.forEach((expected, i) => {
      const at = i * (PACKET_CHUNK_MAX + 4);
      assertEquals([...bytes.subarray(at, at + 4)], [...expected], `${size}, packet ${i}`);
    });
  }
});

for (const split of SPLITS) {
  Deno.test(`payloads of all sizes come alike from any pieces, ${split.name}`, async () => {
    // More than 256, so that sequence ids begin anew; sizes around that of the buffer.
    const sizes = [...Array(300).keys(), 16_379, 16_380, 16_381, 16_384, 16_385, 40_000];
    const payloads = sizes.map((size) => payloadOf(size, size));
    const stream = concat(payloads.map((payload, i) => encodePacket(payload, (i + 5) & 255)));
    const channel = new PacketChannel(scripted(split.chunks(stream)));
    channel.sequence = 5;
    for (const payload of payloads) assertEquals(await channel.read(), payload);
    assertEquals(await channel.tryRead(), undefined);
    assertEquals(await channel.tryRead(), undefined);
  });

  Deno.test(`what was read ahead is handed over, ${split.name}`, async () => {
    const rest = payloadOf(900);
    const chunks = split.chunks(concat([encodePacket(payloadOf(50), 0), rest]));
    const stream = scripted(chunks);
    const channel = new PacketChannel(stream);
    await channel.read();
    const ahead = channel.takeBuffered();
    const parts = [ahead];
    for (const buffer = new Uint8Array(5000);;) {
      const size = await stream.read(buffer);
      if (size === null) break;
      parts.push(buffer.slice(0, size));
    }
    assertEquals(concat(parts), rest);
    assertEquals(channel.takeBuffered().length, 0);
  });
}

Deno.test("a payload of several packets is joined, under the limit that is given", async () => {
  for (const size of [PACKET_CHUNK_MAX - 1, PACKET_CHUNK_MAX, PACKET_CHUNK_MAX + 10]) {
    const packets = encodePacket(new Uint8Array(size).fill(9), 0);
    const channel = new PacketChannel(scripted([packets, encodePacket(Uint8Array.of(1), 1)]));
    const payload = await channel.read(2 * PAYLOAD_MAX);
    assertEquals([payload.length, payload[0], payload[size - 1]], [size, 9, 9]);
    assertEquals(channel.sequence, packetCount(size));
  }
});

Deno.test("a length over the limit is refused before its bytes come, and takes no memory", async () => {
  const first = new PacketChannel(scripted([header(1001, 0)]));
  const error = await assertRejects(() => first.read(1000), ProtocolError, "1001 bytes");
  assertEquals(error.details.expected, "at most 1000");
  // The second packet of a payload counts with the first.
  const bytes = concat([
    header(PACKET_CHUNK_MAX, 0),
    new Uint8Array(PACKET_CHUNK_MAX),
    header(2, 1),
  ]);
  const second = new PacketChannel(scripted([bytes]));
  await assertRejects(() => second.read(PAYLOAD_MAX), ProtocolError, "more than the limit");
  const exact = new PacketChannel(scripted([encodePacket(payloadOf(1000), 0)]));
  assertEquals((await exact.read(1000)).length, 1000);
});

Deno.test("a wrong sequence id is refused, with both named", async () => {
  const channel = new PacketChannel(scripted([encodePacket(Uint8Array.of(1), 2)]));
  const error = await assertRejects(() => channel.read(), ProtocolError, "sequence id 2 where 0");
  assertEquals([error.details.expected, error.details.found], ["0", "2"]);
  const chunks = [header(PACKET_CHUNK_MAX, 0), new Uint8Array(PACKET_CHUNK_MAX), header(0, 2)];
  const second = new PacketChannel(scripted(chunks));
  await assertRejects(() => second.read(2 * PAYLOAD_MAX), ProtocolError, "sequence id 2 where 1");
});

Deno.test("a stream that ends between packets is closed, one that ends inside is broken", async () => {
  const whole = concat([encodePacket(payloadOf(30), 0), encodePacket(payloadOf(20), 1)]);
  for (let size = 0; size < whole.length; size++) {
    const channel = new PacketChannel(scripted([whole.subarray(0, size)]));
    const read = async (): Promise<number> => {
      for (let count = 0;; count++) if (!await channel.tryRead()) return count;
    };
    if (size === 0 || size === 34) assertEquals(await read(), size ? 1 : 0);
    else await assertRejects(read, ConnectionError, "inside a packet", `${size}`);
  }
  const closed = new PacketChannel(scripted([]));
  await assertRejects(() => closed.read(), ConnectionError, "closed the connection");
});

Deno.test("packets changed at each byte are values or typed errors", async () => {
  const whole = concat([encodePacket(payloadOf(30), 0), encodePacket(payloadOf(20), 1)]);
  for (let at = 0; at < whole.length; at++) {
    for (const mask of [0x01, 0x80, 0xff]) {
      const changed = whole.slice();
      changed[at]! ^= mask;
      const channel = new PacketChannel(scripted([changed]));
      try {
        while (await channel.tryRead(1000));
      } catch (error) {
        assert(error instanceof BinlogdError, `byte ${at}: ${error}`);
      }
    }
  }
});

Deno.test("what is written goes out whole, with sequence ids that go on", async () => {
  const stream = scripted([], 7);
  const channel = new PacketChannel(stream);
  channel.sequence = 254;
  await channel.write(payloadOf(20));
  await channel.write(new Uint8Array(0));
  await channel.write(Uint8Array.of(1));
  await channel.writeCommand(Uint8Array.of(14));
  assertEquals(
    concat(stream.written),
    concat([
      encodePacket(payloadOf(20), 254),
      Uint8Array.of(0, 0, 0, 255),
      Uint8Array.of(1, 0, 0, 0, 1),
      Uint8Array.of(1, 0, 0, 0, 14),
    ]),
  );
  assertEquals(channel.sequence, 1);
});

Deno.test("a socket that fails is a ConnectionError that says why", async () => {
  const broken: ByteStream = {
    read: () => Promise.reject(new Deno.errors.ConnectionReset("reset by peer")),
    write: () => Promise.reject(new Deno.errors.BrokenPipe("broken pipe")),
    close: () => {},
  };
  const channel = new PacketChannel(broken);
  await assertRejects(() => channel.read(), ConnectionError, "reset by peer");
  await assertRejects(() => channel.write(Uint8Array.of(1)), ConnectionError, "broken pipe");
  const ours = new ConnectionError("no byte for 25 s");
  const late = new PacketChannel({ ...broken, read: () => Promise.reject(ours) });
  assertEquals(await assertRejects(() => late.read()), ours);
});

Deno.test("a question that nothing comes in answer to ends in time, and closes the stream", async () => {
  const never = new Promise<never>(() => {});
  const what = `SET @a = '${"x".repeat(1000)}'`;
  for (const hangs of ["read", "write"] as const) {
    let closed = 0;
    const stream: ByteStream = {
      read: () => never,
      write: (bytes) => hangs === "write" ? never : Promise.resolve(bytes.length),
      close() {
        closed++;
        throw new Error("some streams do not close well");
      },
    };
    const channel = new PacketChannel(stream);
    channel.question = { what, limitMs: 50 };
    const ask = async (): Promise<void> => {
      await channel.writeCommand(payloadOf(5));
      await channel.read();
    };
    const error = await assertRejects(ask, ConnectionError, "Nothing came for 0.05 s");
    assert(error.message.includes("SET @a = 'xxx") && error.message.length < 300, error.message);
    assertEquals(closed, 1);
  }
});

Deno.test("an answer that comes bit by bit is waited for", async () => {
  const bytes = encodePacket(payloadOf(20), 0);
  let at = 0;
  const slow: ByteStream = {
    async read(buffer) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      buffer[0] = bytes[at++]!;
      return 1;
    },
    write: (bytes) => Promise.resolve(bytes.length),
    close: () => {},
  };
  const channel = new PacketChannel(slow);
  channel.question = { what: "SELECT 1", limitMs: 2000 };
  assertEquals(await channel.read(), payloadOf(20));
});
