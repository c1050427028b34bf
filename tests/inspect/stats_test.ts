import { assertEquals, assertStringIncludes } from "@std/assert";
import { EventScanner } from "../../lib/binlog/event_scanner.ts";
import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import { ByteWriter } from "../../lib/bytes/byte_writer.ts";
import { statsJson, statsText } from "../../lib/cli/events_stats.ts";
import { EventWalk } from "../../lib/inspect/events_walk.ts";
import { EventStats } from "../../lib/inspect/stats.ts";
import { memoryReader } from "../../scripts/fuzz/targets.ts";
import { FileBuilder } from "../_events.ts";

const BEGIN = 1_700_000_000;
const MICROSECONDS = 1e6;

/** A transaction with the header times of its GTID event and its statement, and its commit time. */
function transaction(
  file: FileBuilder,
  gno: number,
  times: { gtid: number; statement: number; commit: number },
): void {
  const commit = times.commit * MICROSECONDS;
  const body = new ByteWriter().u8(1).zeros(16).u64(gno).u8(2).u64(gno).u64(gno + 1)
    .u32(commit % 2 ** 32).u16(Math.floor(commit / 2 ** 32) % 2 ** 16)
    .u8(Math.floor(commit / 2 ** 48));
  file.timestamp = times.gtid;
  file.add(EVENT_TYPE.GTID_LOG_EVENT, body.done().slice());
  file.timestamp = times.statement;
  file.query("BEGIN");
  file.timestamp = times.gtid;
  file.add(EVENT_TYPE.XID_EVENT, new ByteWriter().u64(gno).done().slice());
}

function statsOf(file: FileBuilder): EventStats {
  const stats = new EventStats({ top: 10 });
  const walk = new EventWalk(stats);
  const scanner = new EventScanner(memoryReader(file.bytes()), { file: "f" });
  while (scanner.next()) walk.take(scanner);
  return stats;
}

/** Seconds by the number of the transaction. */
function secondsOf(stats: EventStats): (number | null)[] {
  const order = [...stats.largest].sort((a, b) => a.start - b.start);
  return order.map(({ seconds }) => seconds);
}

Deno.test("a transaction takes the whole seconds from its first statement to its commit", () => {
  const file = new FileBuilder("f").format();
  // A fraction of the commit's clock is no duration.
  transaction(file, 1, { gtid: BEGIN, statement: BEGIN, commit: BEGIN + 0.999 });
  transaction(file, 2, { gtid: BEGIN, statement: BEGIN, commit: BEGIN + 1.007 });
  // The GTID event has the time of COMMIT.
  transaction(file, 3, { gtid: BEGIN + 9, statement: BEGIN + 2, commit: BEGIN + 9.5 });
  // One statement, while another transaction was committed.
  transaction(file, 4, { gtid: BEGIN + 6, statement: BEGIN + 6, commit: BEGIN + 10.1 });
  const stats = statsOf(file);
  assertEquals(secondsOf(stats), [0, 1, 7, 4]);
  assertEquals(stats.longest.map(({ seconds }) => seconds), [7, 4]);
  assertStringIncludes(statsText(stats, { utc: true, terminal: false }), "  7 s  ");
});

Deno.test("times that a session has set are no durations, and stretch no scale", () => {
  for (const odd of [1000, BEGIN + 5 * 365 * 86_400]) {
    const file = new FileBuilder("f").format();
    transaction(file, 1, { gtid: BEGIN, statement: BEGIN, commit: BEGIN + 0.5 });
    transaction(file, 2, { gtid: odd, statement: odd, commit: BEGIN + 3.5 });
    transaction(file, 3, { gtid: BEGIN + 9, statement: BEGIN + 9, commit: BEGIN + 9.5 });
    const stats = statsOf(file);
    assertEquals(secondsOf(stats), [0, null, 0]);
    assertEquals(stats.longest, []);
    const text = statsText(stats, { utc: true, terminal: true });
    assertStringIncludes(text, "2023-11-14 22:13:20Z to 2023-11-14 22:13:29Z: 0.7 events/s");
    assertStringIncludes(text, "3 events more than a year away are left out of these times");
    assertStringIncludes(text, ", 1 s a column, ");
    assertStringIncludes(text, "  ?  ");
    const totals = JSON.parse(statsJson(stats).trimEnd().split("\n").at(-1)!);
    assertEquals([totals.first_time, totals.last_time], [BEGIN, BEGIN + 9]);
    assertEquals([totals.events, totals.events_of_other_times], [10, 3]);
  }
});

Deno.test("a file whose times are all set by replayed events keeps its scale", () => {
  const file = new FileBuilder("f");
  file.timestamp = BEGIN + 3 * 365 * 86_400;
  file.format();
  for (let gno = 1; gno < 4; gno++) {
    transaction(file, gno, {
      gtid: BEGIN + gno,
      statement: BEGIN + gno,
      commit: BEGIN + gno + 0.1,
    });
  }
  const span = statsOf(file).timeline.span()!;
  assertEquals([span.first, span.last, span.events], [BEGIN + 1, BEGIN + 3, 9]);
});

Deno.test("a compressed transaction has the events and rows of what is in it", async () => {
  const bytes = await Deno.readFile("testdata/mysql97/binlog.000004");
  const stats = new EventStats({ top: 10 });
  const walk = new EventWalk(stats);
  const scanner = new EventScanner(memoryReader(bytes), { file: "binlog.000004" });
  while (scanner.next()) walk.take(scanner);
  const found = stats.largest.map(({ start, events, rows }) => [start, events, rows]);
  // GTID, payload; BEGIN, table map, rows, XID in it. Then one that is not compressed.
  assertEquals(found, [[482, 6, 7], [198, 5, 1]]);
});
