import { assertEquals } from "@std/assert";
import { SyncPace } from "../../lib/pipeline/sync_pace.ts";

function after(pace: SyncPace, ms: number, times: number): boolean {
  for (let i = 0; i < times; i++) pace.took(ms);
  return pace.inThread;
}

Deno.test("syncs leave this thread on a slow disk and come back on a fast one", () => {
  const pace = new SyncPace();
  assertEquals(pace.inThread, false);
  assertEquals(after(pace, 0.2, 10), true);
  assertEquals(after(pace, 1.5, 50), true, "between the limits nothing changes");
  assertEquals(after(pace, 10, 5), false);
  assertEquals(after(pace, 1.5, 50), false);
  assertEquals(after(pace, 0.2, 20), true);
});

Deno.test("one hiccup of a fast disk changes nothing, however long it is", () => {
  const pace = new SyncPace();
  after(pace, 0.2, 50);
  assertEquals(after(pace, 5000, 1), true);
});
