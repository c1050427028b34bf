import { assert } from "@std/assert";
import { pause } from "../lib/pause.ts";

Deno.test("a pause ends with its time, and at once when it is given up", async () => {
  const { signal } = new AbortController();
  const start = performance.now();
  await pause(20, signal);
  assert(performance.now() - start >= 15);
  await pause(1_000_000, AbortSignal.abort());
  const controller = new AbortController();
  const long = pause(1_000_000, controller.signal);
  controller.abort();
  await long;
});
