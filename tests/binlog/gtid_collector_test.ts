import { assertEquals, assertThrows } from "@std/assert";
import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import { GtidCollector } from "../../lib/binlog/gtid_collector.ts";
import { ByteWriter } from "../../lib/bytes/byte_writer.ts";
import { FormatError } from "../../lib/errors.ts";
import { GtidSet } from "../../lib/gtid/gtid_set.ts";
import { MariadbGtidSet } from "../../lib/gtid/mariadb_gtid_set.ts";
import { makeEvent } from "../_events.ts";

const UUID = "00000000-0000-0000-0000-000000000000";
const BIG = 2n ** 53n;

type Take = (collector: GtidCollector, number: bigint) => void;

function take(collector: GtidCollector, type: number, body: Uint8Array): void {
  const event = makeEvent({ type, body, checksum: false });
  collector.take(event, 0, event.length);
}

const mysql: Take = (collector, gno) => {
  const body = new ByteWriter().u8(1).zeros(16).u64(gno).done().slice();
  take(collector, EVENT_TYPE.GTID_LOG_EVENT, body);
};

const mariadb: Take = (collector, sequence) => {
  const body = new ByteWriter().u64(sequence).u32(3).u8(0).zeros(6).done().slice();
  take(collector, EVENT_TYPE.GTID_EVENT, body);
};

/** A number below 2^63 as mysql::serialization writes it in nine bytes, the sign in bit 0. */
const tagged: Take = (collector, gno) => {
  const writer = new ByteWriter().u8(0).u8(0).u8(0).u8(0).u8(0).u8(2).zeros(16);
  writer.u8(4).u8(0xff).u64(gno << 1n).u8(6).u8(2).text("b");
  take(collector, EVENT_TYPE.GTID_TAGGED_LOG_EVENT, writer.done().slice());
};

function gather(takeOne: Take, numbers: bigint[]): GtidCollector {
  const collector = new GtidCollector();
  for (const number of numbers) takeOne(collector, number);
  return collector;
}

Deno.test("transaction numbers around 2^53 and at the end of their range are told apart", () => {
  const cases: [bigint[], string][] = [
    [[1n, 2n, 3n], "1-3"],
    [[BIG - 3n, BIG - 2n, BIG - 1n, BIG, BIG + 1n, BIG + 2n], `${BIG - 3n}-${BIG + 2n}`],
    [[BIG + 1n], `${BIG + 1n}`],
    [[BIG - 1n, BIG + 1n], `${BIG - 1n}:${BIG + 1n}`],
    [[BIG, BIG + 2n, 5n, BIG + 1n], `5:${BIG}-${BIG + 2n}`],
    [[7n, 2n ** 63n - 2n, 8n], `7-8:${2n ** 63n - 2n}`],
  ];
  for (const [numbers, expected] of cases) {
    assertEquals(gather(mysql, numbers).toString(), `${UUID}:${expected}`);
    assertEquals(gather(tagged, numbers).toString(), `${UUID}:b:${expected}`);
    const runs = expected.split(":").map((run) => `3-1-${run.replace("-", "..")}`).join(",");
    assertEquals(gather(mariadb, numbers).toString(), runs);
  }
  const highest = gather(mariadb, [2n ** 64n - 1n]);
  assertEquals(highest.toString(), `3-1-${2n ** 64n - 1n}`);
  assertEquals(highest.position.toString(), `3-1-${2n ** 64n - 1n}`);
  assertThrows(() => gather(mysql, [2n ** 63n - 1n]), FormatError, `number ${2n ** 63n - 1n}`);
  assertThrows(() => gather(mysql, [0n]), FormatError, "number 0");
});

Deno.test("the last transaction is known exactly, before a flush and after it", () => {
  const last = BIG + 1n;
  for (const flushed of [false, true]) {
    const ours = gather(mysql, [1n, last]);
    const theirs = gather(mariadb, [1n, last]);
    if (flushed) { for (const collector of [ours, theirs]) collector.flush(); }
    assertEquals(ours.last, `${UUID}:${last}`);
    assertEquals(theirs.last, `3-1-${last}`);
    for (const [number, isIn] of [[last - 1n, false], [last, true], [last + 1n, false]] as const) {
      assertEquals(ours.lastIn(GtidSet.parse(`${UUID}:${number}`)), isIn);
      assertEquals(theirs.lastIn(MariadbGtidSet.parse(`3-1-${number}`)), isIn);
    }
  }
});

Deno.test("a transaction that is not complete is taken back, one that comes twice is told", () => {
  for (const number of [2n, BIG + 1n]) {
    const collector = gather(mysql, [1n, number]);
    collector.withdraw();
    assertEquals(collector.toString(), `${UUID}:1`);
    const twice = gather(mysql, [number, 9n, number]);
    twice.flush();
    assertEquals(twice.repeated, `${UUID}:${number}`);
  }
});
