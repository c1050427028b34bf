import { assertEquals } from "@std/assert";
import { Logger } from "../../lib/log.ts";
import { type SemiSyncStatus, SemiSyncWatch } from "../../lib/source/semi_sync_watch.ts";

/** What is logged for each status, without time: level, message, values. */
function logOf(statuses: [on: boolean, noTx: number][]): string[] {
  const lines: string[] = [];
  const watch = new SemiSyncWatch(
    new Logger({ write: (line) => lines.push(line.replace(/^\S+ /, "")) }),
  );
  for (const [on, noTx] of statuses) {
    const status: SemiSyncStatus = { on, noTx, clients: 1 };
    watch.observe(status);
    assertEquals(watch.status, status);
  }
  return lines;
}

Deno.test("a source that waits for ACKs all the time is nothing to speak of", () => {
  assertEquals(logOf([[true, 7], [true, 7], [true, 7]]), []);
});

Deno.test("fallback and return are logged once each, with the commits in between", () => {
  assertEquals(logOf([[true, 5], [false, 6], [false, 80], [false, 90], [true, 95], [true, 95]]), [
    "warning the source has fallen back to asynchronous replication " +
    "unacknowledged=1 no_tx=6 clients=1",
    "info the source is back to semi-sync unacknowledged=90 no_tx=95 clients=1",
  ]);
});

Deno.test("a fallback between two looks is told by the counter", () => {
  assertEquals(logOf([[true, 5], [true, 9], [true, 9]]), [
    "warning commits went unacknowledged unacknowledged=4 no_tx=9 clients=1",
  ]);
});

Deno.test("a source that does not wait when the dump begins is named once", () => {
  assertEquals(logOf([[false, 5], [false, 9], [true, 10]]), [
    "warning commits on the source do not wait for ACKs at present " +
    "unacknowledged=0 no_tx=5 clients=1",
    "info the source is back to semi-sync unacknowledged=5 no_tx=10 clients=1",
  ]);
});

Deno.test("a counter that begins again after a restart of the source counts from 0", () => {
  assertEquals(logOf([[true, 100], [true, 3]]), [
    "warning commits went unacknowledged unacknowledged=3 no_tx=3 clients=1",
  ]);
});
