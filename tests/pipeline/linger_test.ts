import { assert, assertEquals } from "@std/assert";
import { Linger } from "../../lib/pipeline/linger.ts";
import { waitUntil } from "../_binlogd.ts";

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

Deno.test("a wait is over no sooner than its time after it began, whatever came before", async () => {
  const over = Promise.withResolvers<void>();
  const linger = new Linger(30, over.resolve);
  linger.begin();
  await pause(20);
  linger.begin();
  const began = performance.now();
  await over.promise;
  assert(performance.now() - began >= 29);
  linger.stop();
});

Deno.test("a wait that is stopped is never over, and another may begin after it", async () => {
  let over = 0;
  const linger = new Linger(5, () => over++);
  linger.begin();
  linger.stop();
  await pause(30);
  assertEquals(over, 0);
  for (const times of [1, 2]) {
    linger.begin();
    await waitUntil(() => over === times);
    await pause(30);
    assertEquals(over, times);
  }
  linger.stop();
});

Deno.test("the ticking ends by itself when nothing waits", async () => {
  let over = 0;
  let ended = 0;
  const { clearInterval } = globalThis;
  globalThis.clearInterval = (timer) => {
    ended++;
    clearInterval(timer);
  };
  try {
    const linger = new Linger(2, () => over++);
    linger.begin();
    linger.stop();
    await waitUntil(() => ended === 1);
    linger.begin();
    await waitUntil(() => ended === 2);
    assertEquals(over, 1);
  } finally {
    globalThis.clearInterval = clearInterval;
  }
});
