import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { concat } from "@std/bytes";
import { ConnectionError } from "../../lib/errors.ts";
import { type Batch, BATCH_BYTES, HEAD_SIZE } from "../../lib/pipeline/batch.ts";
import { BatchPool } from "../../lib/pipeline/batch_pool.ts";
import { BatchSink } from "../../lib/pipeline/batch_sink.ts";
import {
  type ReadableSocket,
  socketSource,
  type SocketSourceOptions,
} from "../../lib/pipeline/socket_source.ts";
import { chunkSocket, seededRandom, SPLITS } from "../_split.ts";

/** All bytes that come out, and the sizes of the batches they come in. */
async function collect(
  socket: ReadableSocket,
  options: SocketSourceOptions = {},
): Promise<{ bytes: Uint8Array; sizes: number[] }> {
  const parts: Uint8Array[] = [];
  for await (const batch of socketSource(socket, new BatchPool(), options)) {
    assert(batch.start >= HEAD_SIZE && batch.end <= BATCH_BYTES);
    parts.push(batch.bytes.slice(batch.start, batch.end));
    batch.release();
  }
  return { bytes: concat(parts), sizes: parts.map(({ length }) => length) };
}

function random(size: number): Uint8Array {
  const next = seededRandom(size);
  return new Uint8Array(size).map(() => next() * 256);
}

Deno.test("what a socket gives comes out as it is, however it comes", async () => {
  const bytes = random(3000);
  for (const { name, chunks } of SPLITS) {
    let read = 0;
    const found = await collect(chunkSocket(chunks(bytes)), { onRead: (size) => read += size });
    assertEquals(found.bytes, bytes, name);
    assertEquals(read, bytes.length);
  }
  const large = random(5_000_000);
  const { bytes: found, sizes } = await collect(chunkSocket([large]));
  assertEquals(found, large);
  assert(sizes.length < 10, "a busy socket fills batches");
});

Deno.test("what was read before comes first, of any size", async () => {
  for (const size of [0, 1, 1_100_000, 2_500_000]) {
    const buffered = random(size);
    const { bytes } = await collect(chunkSocket([Uint8Array.of(7, 8)]), { buffered });
    assertEquals(bytes, concat([buffered, Uint8Array.of(7, 8)]));
  }
  assertEquals((await collect(chunkSocket([]))).sizes, []);
});

Deno.test("bytes do not wait for others that do not come", async () => {
  const first = random(40_000); // a full read, after which more is likely
  let answer: ((size: number | null) => void) | undefined;
  let target: Uint8Array | undefined;
  let reads = 0;
  const socket: ReadableSocket = {
    read(buffer) {
      if (reads++ === 0) {
        buffer.set(first);
        return Promise.resolve(first.length);
      }
      target = buffer;
      return new Promise((resolve) => answer = resolve);
    },
  };
  const reader = socketSource(socket, new BatchPool()).getReader();
  const { value: batch } = await reader.read();
  assertEquals(batch!.bytes.slice(batch!.start, batch!.end), first);
  // The read under way goes on into memory that is not reused before it is done.
  batch!.release();
  target!.set([1, 2, 3]);
  const done = answer!;
  answer = undefined;
  done(3);
  const { value: next } = await reader.read();
  assertEquals([...next!.bytes.subarray(next!.start, next!.end)], [1, 2, 3]);
  next!.release();
  const end = reader.read();
  while (!answer) await new Promise((resolve) => setTimeout(resolve, 1));
  (answer as (size: null) => void)(null);
  assertEquals((await end).done, true);
});

Deno.test("a read is told of when it ends, even while no batch is free", async () => {
  const reads: ((size: number | null) => void)[] = [];
  const socket: ReadableSocket = {
    read: () => new Promise((resolve) => reads.push(resolve)),
  };
  const told: number[] = [];
  const pool = new BatchPool();
  const reader = socketSource(socket, pool, { onRead: (size) => told.push(size) }).getReader();
  const begun = reader.read();
  while (reads.length < 1) await new Promise((resolve) => setTimeout(resolve));
  const others = await Promise.all(
    Array.from({ length: BatchPool.count - 1 }, () => pool.acquire()),
  );
  reads.shift()!(20_000); // a full read: the batch leaves with another one under way
  const { value: batch } = await begun;
  while (reads.length < 1) await new Promise((resolve) => setTimeout(resolve));
  assertEquals(told, [20_000]);
  const following = reader.read(); // waits for a batch
  reads.shift()!(5);
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(told, [20_000, 5]);
  for (const one of [batch!, ...others]) one.release();
  const { value: next } = await following;
  assertEquals(next!.end - next!.start, 5);
  next!.release();
  const end = reader.read();
  while (reads.length < 1) await new Promise((resolve) => setTimeout(resolve));
  reads.shift()!(null);
  assertEquals((await end).done, true);
});

Deno.test("a read that fails is a lost connection, after what came before it", async () => {
  for (const size of [10, 40_000]) {
    let reads = 0;
    const socket: ReadableSocket = {
      read(buffer) {
        if (reads++ > 0) return Promise.reject(new Deno.errors.ConnectionReset("reset by peer"));
        buffer.fill(1, 0, size);
        return Promise.resolve(size);
      },
    };
    const reader = socketSource(socket, new BatchPool()).getReader();
    const { value: batch } = await reader.read();
    assertEquals(batch!.end - batch!.start, size);
    // The error waits until what came before it has been dealt with.
    const failed = assertRejects(() => reader.read(), ConnectionError, "reset by peer");
    const early = await Promise.race([failed, new Promise((done) => setTimeout(done, 20, "none"))]);
    assertEquals(early, "none");
    batch!.release();
    const error = await failed;
    assertInstanceOf(error.cause, Deno.errors.ConnectionReset);
    assertEquals(error.retriable, true);
  }
  const known = new ConnectionError("timed out");
  const failing = { read: () => Promise.reject(known) };
  assertEquals(await assertRejects(() => collect(failing)), known);
});

Deno.test("a sink that breaks off does not wait for a read under way, nor for its batch", async () => {
  for (const sizes of [[], [10], [20_000]]) { // after a full read the next one goes on in that batch
    let reads = 0;
    const socket: ReadableSocket = {
      read(): Promise<number | null> {
        const size = sizes[reads++];
        return size === undefined ? new Promise(() => {}) : Promise.resolve(size);
      },
    };
    class BreakingSink extends BatchSink {
      taken = 0;
      take(batch: Batch): void {
        this.taken += batch.end - batch.start;
        batch.release();
      }
      finish(): void {}
      abandon(): void {}
      fail(): void {
        this.breakOff(new Error("disk"));
      }
    }
    const sink = new BreakingSink();
    const piped = socketSource(socket, new BatchPool()).pipeTo(sink);
    setTimeout(() => sink.fail(), 20);
    await assertRejects(() => piped, Error, "disk");
    assertEquals(sink.taken, sizes[0] ?? 0);
  }
});

Deno.test("a rate is kept", async () => {
  const chunks = Array.from({ length: 10 }, () => random(1000));
  const started = performance.now();
  const { bytes } = await collect(chunkSocket(chunks), { rateLimit: 50_000 });
  assertEquals(bytes, concat(chunks));
  assert(performance.now() - started > 150, "10 kB at 50 kB/s take 200 ms");
  // However much is there, a batch has no more than what the rate allows in a moment.
  const large = random(30_000);
  const paced = await collect(chunkSocket([large]), { rateLimit: 100_000 });
  assertEquals(paced.bytes, large);
  assert(Math.max(...paced.sizes) <= 20_000, String(paced.sizes));
});
