import { assert, assertEquals } from "@std/assert";
import { Linger } from "../../lib/pipeline/linger.ts";

Deno.test("a wait is over no sooner than its time after it began, whatever came before", async () => {
  const linger = new Linger(30);
  linger.begin();
  await new Promise((resolve) => setTimeout(resolve, 20));
  linger.begin();
  const began = performance.now();
  assertEquals(await linger.over, "late");
  assert(performance.now() - began >= 29);
  linger.stop();
});

Deno.test("a wait that is stopped leaves no timer", async () => {
  const linger = new Linger(60_000);
  linger.begin();
  assertEquals(await Promise.race([linger.over, Promise.resolve("in time")]), "in time");
  linger.stop();
});
