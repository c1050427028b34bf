import { assertEquals } from "@std/assert";
import { type BatchBuffer, BatchBuffers, LARGE_INPUT } from "../../lib/server/batch_buffers.ts";

Deno.test("a hundred replicas get the same buffers for the next event", () => {
  for (const size of [1000, 20_000]) {
    const buffers = new BatchBuffers();
    const take = (): BatchBuffer[] => Array.from({ length: 100 }, () => buffers.take(size));
    const first = take();
    assertEquals(new Set(first).size, 100);
    for (const buffer of first) buffers.give(buffer);
    const known = new Set(first);
    assertEquals(take().filter((buffer) => !known.has(buffer)).length, 0);
  }
});

Deno.test("large buffers are limited in number; who finds none gets a smaller one", () => {
  const buffers = new BatchBuffers();
  const sizes = Array.from({ length: 40 }, () => buffers.take(10 * LARGE_INPUT).input);
  assertEquals(sizes.filter((input) => input === LARGE_INPUT).length, 24);
  assertEquals(Math.max(...sizes.slice(24)) < LARGE_INPUT, true);
});
