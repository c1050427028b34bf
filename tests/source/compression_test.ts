/** Protocol compression: frames in any pieces, damaged frames, lying lengths. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { concat } from "@std/bytes";
import * as zlib from "node:zlib";
import { BinlogdError, ConnectionError, ProtocolError, UsageError } from "../../lib/errors.ts";
import { type ByteStream, writeAll } from "../../lib/protocol/byte_stream.ts";
import { CAPABILITY, CLIENT_CAPABILITIES } from "../../lib/protocol/capabilities.ts";
import type { Greeting } from "../../lib/protocol/handshake.ts";
import { encodePacket } from "../../lib/protocol/packet.ts";
import { PacketChannel } from "../../lib/protocol/packet_channel.ts";
import { encodeResultSet, readResultSet } from "../../lib/protocol/result_set.ts";
import { chooseCompression, compressStream } from "../../lib/source/compression.ts";
import { chunkSocket, seededRandom, SPLITS } from "../_split.ts";

type Pack = (bytes: Uint8Array) => Uint8Array;
const zstd = zlib as unknown as { zstdCompressSync?: Pack; zstdDecompressSync?: Pack };
interface Packer {
  name: string;
  algorithm: "zlib" | "zstd";
  pack: Pack;
  unpack: Pack;
  /** What the runtime has of zstd. */
  runtime?: Record<string, never>;
}

const PACKERS: Packer[] = [
  { name: "zlib", algorithm: "zlib", pack: zlib.deflateSync, unpack: zlib.inflateSync },
];
if (zstd.zstdCompressSync && zstd.zstdDecompressSync) {
  const { zstdCompressSync: pack, zstdDecompressSync: unpack } = zstd;
  PACKERS.push({ name: "zstd", algorithm: "zstd", pack, unpack });
  PACKERS.push({ name: "zstd in JavaScript", algorithm: "zstd", pack, unpack, runtime: {} });
}

/** A frame with a header that says what it is told to say. */
function frame(body: Uint8Array, sequence: number, before: number): Uint8Array {
  const bytes = new Uint8Array(7 + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, body.length, true);
  bytes[3] = sequence;
  view.setUint16(4, before & 0xffff, true);
  bytes[6] = before >>> 16;
  bytes.set(body, 7);
  return bytes;
}

/** Text that packs well, and some that does not. */
function contents(size: number, seed: number): Uint8Array {
  const random = seededRandom(seed);
  return Uint8Array.from({ length: size }, (_, i) => i % 3 ? 65 : Math.floor(random() * 256));
}

/** `bytes` as a server sends them: packed frames, stored ones, and empty ones between. */
function frames(bytes: Uint8Array, pack: Pack, seed: number): Uint8Array {
  const random = seededRandom(seed);
  const parts: Uint8Array[] = [];
  for (let at = 0, sequence = 0; at < bytes.length; sequence++) {
    const part = bytes.subarray(at, at + 1 + Math.floor(random() * 3000));
    at += part.length;
    const stored = random() < 0.3;
    parts.push(
      stored ? frame(part, sequence & 255, 0) : frame(pack(part), sequence & 255, part.length),
    );
    if (random() < 0.1) parts.push(frame(new Uint8Array(0), ++sequence & 255, 0));
  }
  return concat(parts);
}

function reading(chunks: Uint8Array[]): ByteStream {
  return {
    ...chunkSocket(chunks),
    write: () => Promise.reject(new Error("nothing is written")),
    close: () => {},
  };
}

async function readAll(stream: ByteStream, size = 777): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (;;) {
    const buffer = new Uint8Array(size);
    const read = await stream.read(buffer);
    if (read === null) return concat(parts);
    parts.push(buffer.subarray(0, read));
  }
}

for (const { name, algorithm, pack, unpack, runtime } of PACKERS) {
  for (const split of SPLITS) {
    Deno.test(`${name} frames read alike from any pieces, ${split.name}`, async () => {
      const bytes = contents(40_000, 1);
      const socket = reading(split.chunks(frames(bytes, pack, 2)));
      assertEquals(await readAll(await compressStream(socket, algorithm, runtime)), bytes);
    });

    Deno.test(`a result set comes through ${name}, ${split.name}`, async () => {
      const rows = Array.from({ length: 40 }, (_, i) => [`binlog.${i}`, i % 7 ? String(i) : null]);
      const payloads = encodeResultSet([{ name: "Log_name" }, { name: "File_size" }], rows);
      const packets = concat(payloads.map((payload, i) => encodePacket(payload, i + 1)));
      const socket = reading(split.chunks(frames(packets, pack, 3)));
      const channel = new PacketChannel(await compressStream(socket, algorithm, runtime));
      channel.sequence = 1;
      assertEquals((await readResultSet(channel, CLIENT_CAPABILITIES)).rows, rows);
    });
  }

  Deno.test(`${name}: small writes are stored, large ones packed, each in a frame`, async () => {
    const sent: Uint8Array[] = [];
    const inner = {
      read: () => Promise.resolve(null),
      // A socket may take a part only.
      write: (bytes: Uint8Array) => {
        const part = bytes.subarray(0, 1000);
        sent.push(part.slice());
        return Promise.resolve(part.length);
      },
      close: () => {},
    };
    const stream = await compressStream(inner, algorithm, runtime);
    const small = encodePacket(Uint8Array.of(3, 65), 0);
    const large = encodePacket(contents(20_000, 4), 0);
    const noise = encodePacket(crypto.getRandomValues(new Uint8Array(3000)), 5);
    await writeAll(stream, small);
    assertEquals(concat(sent), concat([Uint8Array.of(6, 0, 0, 0, 0, 0, 0), small]));
    sent.length = 0;
    await writeAll(stream, large);
    const packed = concat(sent);
    if (runtime) {
      assertEquals(packed, frame(large, 0, 0));
      return;
    }
    assert(packed.length < large.length);
    const header = [...packed.subarray(3, 7)];
    assertEquals(header, [0, large.length & 255, large.length >> 8, 0]);
    assertEquals(new Uint8Array(unpack(packed.subarray(7))), large);
    sent.length = 0;
    await writeAll(stream, noise);
    // It goes on counting within a command, and does not grow what can't be packed.
    assertEquals(concat(sent).subarray(0, 7), frame(noise, 1, 0).subarray(0, 7));
    assertEquals(concat(sent).length, noise.length + 7);
  });

  Deno.test(`${name}: what is written is read again`, async () => {
    const wire: Uint8Array[] = [];
    const inner = {
      read: () => Promise.resolve(null),
      write: (bytes: Uint8Array) => {
        wire.push(bytes.slice());
        return Promise.resolve(bytes.length);
      },
      close: () => {},
    };
    const stream = await compressStream(inner, algorithm, runtime);
    const sizes = [0, 1, 45, 46, 47, 5000, 70_000];
    const packets = sizes.map((size, i) => encodePacket(contents(size, i), 0));
    for (const packet of packets) await writeAll(stream, packet);
    const back = await compressStream(reading(wire), algorithm, runtime);
    assertEquals(await readAll(back), concat(packets));
  });

  Deno.test(`${name}: a stream cut at each length ends between frames or with an error`, async () => {
    const bytes = contents(300, 5);
    const two = [frame(pack(bytes), 0, bytes.length), frame(bytes, 1, 0)];
    const whole = concat(two);
    const inside = "inside a compressed packet";
    for (let size = 0; size < whole.length; size++) {
      const read = readAll(
        await compressStream(reading([whole.subarray(0, size)]), algorithm, runtime),
      );
      if (size === 0) assertEquals((await read).length, 0);
      else if (size === two[0]!.length) assertEquals(await read, bytes);
      else await assertRejects(() => read, ConnectionError, inside, `${size}`);
    }
  });

  Deno.test(`${name}: a stream changed at each byte is a value or a typed error`, async () => {
    const bytes = contents(500, 6);
    const whole = concat([frame(pack(bytes), 0, bytes.length), frame(bytes.subarray(0, 60), 1, 0)]);
    for (let at = 0; at < whole.length; at++) {
      for (const mask of [0x01, 0x80, 0xff]) {
        const changed = whole.slice();
        changed[at]! ^= mask;
        try {
          await readAll(await compressStream(reading([changed]), algorithm, runtime));
        } catch (error) {
          assert(error instanceof BinlogdError, `byte ${at}: ${error}`);
        }
      }
    }
  });

  Deno.test(`${name}: a frame that unpacks to another size than it says is refused`, async () => {
    const body = pack(new Uint8Array(30_000_000));
    for (const said of [1, 29_999, 0xff_ffff]) {
      const stream = await compressStream(reading([frame(body, 0, said)]), algorithm, runtime);
      // Not "wrong size": that would be known only once all of it was in memory.
      await assertRejects(() => readAll(stream), ProtocolError, "damaged");
    }
    const short = pack(contents(100, 7));
    for (const said of [99, 101, 0xff_ffff]) {
      const stream = await compressStream(reading([frame(short, 0, said)]), algorithm, runtime);
      const what = said < 100 ? "damaged" : "wrong size";
      await assertRejects(() => readAll(stream), ProtocolError, what);
    }
  });
}

/** Gives each chunk a good second after the one before, and then nothing, as a slow source does. */
function slow(chunks: Uint8Array[]): ByteStream {
  const rest = chunks.map((chunk) => reading([chunk]));
  let left = chunks[0]!.length;
  return {
    ...reading([]),
    read: async (buffer) => {
      if (left === 0) {
        rest.shift();
        chunks = chunks.slice(1);
        if (rest.length === 0) return await new Promise<null>(() => {});
        left = chunks[0]!.length;
        await new Promise((resolve) => setTimeout(resolve, 1050));
      }
      const read = await rest[0]!.read(buffer);
      left -= read!;
      return read;
    },
  };
}

/** Half of it is there, and a byte more comes after a while. */
function halves(whole: Uint8Array): Uint8Array[] {
  const half = whole.length >> 1;
  return [whole.subarray(0, half), whole.subarray(half, half + 1), whole.subarray(half + 1)];
}

for (const { name, algorithm, pack, runtime } of PACKERS) {
  Deno.test(`${name}: what has come of a frame is handed on while the rest takes long`, async () => {
    const bytes = contents(400_000, 8);
    const packed = pack(bytes);
    const whole = frame(packed, 0, bytes.length);
    const stream = await compressStream(slow(halves(whole)), algorithm, runtime);
    const buffer = new Uint8Array(500_000);
    const read = (await stream.read(buffer))!;
    assert(read > 100_000 && read < 300_000, `${read}`);
    const more = (await stream.read(buffer.subarray(read)))!;
    assertEquals(read + more, bytes.length);
    assertEquals(buffer.subarray(0, read + more), bytes);
  });

  Deno.test(`${name}: a frame that takes long does not unpack to more than it says either`, async () => {
    const whole = frame(pack(new Uint8Array(30_000_000)), 0, 100);
    const stream = await compressStream(slow(halves(whole)), algorithm, runtime);
    await assertRejects(() => readAll(stream), ProtocolError, "damaged");
  });

  Deno.test(`${name}: a frame that is longer than what it holds does not hide what follows`, async () => {
    const bytes = contents(300, 9);
    const lying = frame(pack(bytes), 0, bytes.length);
    lying[2] = 0x40;
    const stream = await compressStream(slow([lying, frame(bytes, 1, 0)]), algorithm, runtime);
    await assertRejects(
      async () => {
        const buffer = new Uint8Array(1000);
        while (await stream.read(buffer) !== null);
      },
      ProtocolError,
      "its contents end before it does",
    );
  });
}

Deno.test("a stored frame is handed on as it comes, whatever length it says", async () => {
  const bytes = contents(5000, 10);
  const whole = frame(bytes, 0, 0);
  whole[2] = 0x40;
  const stream = await compressStream(slow([whole]), "zlib");
  const buffer = new Uint8Array(6000);
  assertEquals(await stream.read(buffer), bytes.length);
  assertEquals(buffer.subarray(0, bytes.length), bytes);
});

Deno.test("the first algorithm of the list that the server offers is taken", () => {
  const greeting = (capabilities: number): Greeting => ({ capabilities } as Greeting);
  const { CLIENT_COMPRESS: Z, CLIENT_ZSTD_COMPRESSION_ALGORITHM: S } = CAPABILITY;
  const plain = { algorithm: "uncompressed", flags: 0, zstdLevel: undefined };
  assertEquals(chooseCompression(undefined, greeting(Z | S)) as unknown, plain);
  assertEquals(chooseCompression([], greeting(Z | S)) as unknown, plain);
  assertEquals(chooseCompression(["zlib", "uncompressed"], greeting(Z)).flags, Z);
  assertEquals(chooseCompression(["zlib", "uncompressed"], greeting(S)).flags, 0);
  assertEquals(chooseCompression(["uncompressed", "zlib"], greeting(Z)).algorithm, "uncompressed");
  if (PACKERS.length > 1) {
    assertEquals(chooseCompression(["zstd", "zlib"], greeting(Z | S)).algorithm, "zstd");
    assertEquals(chooseCompression(["zlib", "zstd"], greeting(S)), {
      algorithm: "zstd",
      flags: S,
      zstdLevel: 3,
    });
  }
  assertEquals(chooseCompression(["zstd", "zlib"], greeting(Z)).algorithm, "zlib");
  assertThrows(() => chooseCompression(["zstd", "zlib"], greeting(0)), UsageError, "zstd, zlib");
});
