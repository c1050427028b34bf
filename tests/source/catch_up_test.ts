import { assertEquals } from "@std/assert";
import { Logger } from "../../lib/log.ts";
import { CatchUp } from "../../lib/source/catch_up.ts";

const quiet = new Logger({ write: () => {} });

Deno.test("semi-sync is joined when a pass to the end brought little", () => {
  const catchUp = new CatchUp(true, 1000, quiet);
  catchUp.connecting();
  assertEquals(catchUp.active, true);
  catchUp.streamEnded(1001);
  catchUp.reachedEnd();
  assertEquals(catchUp.active, true);
  catchUp.streamEnded(1000);
  catchUp.reachedEnd();
  assertEquals(catchUp.active, false);
});

Deno.test("after a long time away it is caught up again, after a short one not", () => {
  for (const [awayMs, active] of [[60_000, false], [-1, true]] as const) {
    const catchUp = new CatchUp(true, 1000, quiet, awayMs);
    catchUp.streamEnded(0);
    catchUp.reachedEnd();
    catchUp.streamEnded(5000);
    catchUp.connecting();
    assertEquals(catchUp.active, active);
  }
});

Deno.test("without semi-sync there is nothing to catch up for", () => {
  const catchUp = new CatchUp(false, 1000, quiet, -1);
  catchUp.streamEnded(5000);
  catchUp.connecting();
  assertEquals(catchUp.active, false);
});
