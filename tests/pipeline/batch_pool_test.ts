import { assertEquals } from "@std/assert";
import { BatchPool } from "../../lib/pipeline/batch_pool.ts";

/** Whether a promise is fulfilled by now. */
async function fulfilled(promise: Promise<void>): Promise<boolean> {
  return await Promise.race([
    promise.then(() => true),
    new Promise<boolean>((resolve) => setTimeout(resolve, 0, false)),
  ]);
}

Deno.test("a pool is idle when all its batches are back, again and again", async () => {
  const pool = new BatchPool();
  assertEquals(await fulfilled(pool.idle()), true);
  for (let round = 0; round < 3; round++) {
    const batches = [await pool.acquire(), await pool.acquire()];
    const idle = pool.idle();
    batches[0]!.release();
    assertEquals(await fulfilled(idle), false, `round ${round}`);
    batches[1]!.release();
    await idle;
  }
});

Deno.test("no more batches than there may be, and whoever waits gets the next one", async () => {
  const pool = new BatchPool();
  const batches = [];
  for (let i = 0; i < BatchPool.count; i++) batches.push(await pool.acquire());
  const waiting = pool.acquire();
  const idle = pool.idle();
  batches.pop()!.release();
  const last = await waiting;
  for (const batch of batches) batch.release();
  assertEquals(await fulfilled(idle), false);
  last.release();
  await idle;
});
