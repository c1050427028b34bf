import { assertEquals } from "@std/assert";
import { Turns } from "../lib/turns.ts";

Deno.test("a turn is given where one is due, and only there", async () => {
  let others = 0;
  const timer = setInterval(() => others++, 0);
  const never = new Turns(60_000);
  for (let i = 0; i < 1000; i++) await never.give();
  assertEquals(others, 0);
  const always = new Turns(0);
  while (others === 0) await always.give();
  clearInterval(timer);
});
