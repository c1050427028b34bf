import { assert, assertEquals } from "@std/assert";
import { IdleClock } from "../../lib/source/idle_clock.ts";

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

Deno.test("a wait is timed from the first look at it, and only while it goes on", async () => {
  const clock = new IdleClock();
  assertEquals(clock.look(), 0);
  await pause(20);
  assertEquals(clock.look(), 0, "no read is under way");
  clock.begin();
  assertEquals(clock.look(), 0);
  await pause(20);
  assert(clock.look() >= 19);
  clock.end();
  assertEquals(clock.look(), 0);
});

Deno.test("reads that end between two looks are no wait", async () => {
  const clock = new IdleClock();
  clock.begin();
  for (let i = 0; i < 5; i++) {
    assertEquals(clock.look(), 0);
    await pause(10);
    clock.end();
    clock.begin();
  }
  clock.look();
  await pause(20);
  const first = clock.look();
  assert(first >= 19);
  await pause(20);
  assert(clock.look() >= first + 19);
});
