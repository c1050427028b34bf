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

Deno.test("a wait that is stopped is never over", async () => {
  const linger = new Linger(5);
  linger.begin();
  linger.stop();
  await new Promise((resolve) => setTimeout(resolve, 30));
  assertEquals(await Promise.race([linger.over, Promise.resolve("not over")]), "not over");
});
