/** A stop at a GTID set: when it is met, and what a transaction costs. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import { ByteWriter } from "../../lib/bytes/byte_writer.ts";
import { GtidSet } from "../../lib/gtid/gtid_set.ts";
import { encodeGtidSet } from "../../lib/gtid/gtid_set_codec.ts";
import { IntervalSet } from "../../lib/gtid/interval_set.ts";
import { type MariadbGtid, MariadbPosition } from "../../lib/gtid/mariadb_position.ts";
import { uuidBytes } from "../../lib/gtid/uuid.ts";
import { StopAtGtid } from "../../lib/pipeline/stop_at_gtid.ts";
import { HeldGtids } from "../../lib/pipeline/stop_held_gtids.ts";
import { makeEvent } from "../_events.ts";

/** One of a stream: an event that names GTIDs, and whether its transaction ends. */
interface Step {
  event: Uint8Array;
  ends: boolean;
}

const POINT = { file: "b.000001", position: 4, endPosition: 8, timestamp: 0 };

function event(type: number, body: Uint8Array): Uint8Array {
  return makeEvent({ type, body, checksum: false });
}

function uuid(source: number): string {
  return `${source.toString(16).padStart(8, "0")}-0000-0000-0000-000000000000`;
}

/** Varints of up to 7 bits are twice their number. */
function mysqlEvent(source: number, tag: string, gno: number): Uint8Array {
  const bytes = uuidBytes(uuid(source));
  if (tag === "") {
    const body = new ByteWriter().u8(0).bytes(bytes).u64(gno).done();
    return event(EVENT_TYPE.GTID_LOG_EVENT, body);
  }
  const body = new ByteWriter().u8(2).u8(0).u8(0).u8(0).u8(0).u8(2);
  for (const byte of bytes) body.u8(byte * 2);
  body.u8(4).u8(gno * 4).u8(6).u8(tag.length * 2).text(tag);
  return event(EVENT_TYPE.GTID_TAGGED_LOG_EVENT, body.done());
}

function mariadbEvent({ domain, serverId, sequence }: MariadbGtid): Uint8Array {
  const body = new ByteWriter().u64(sequence).u32(domain).zeros(7).done();
  const bytes = event(EVENT_TYPE.GTID_EVENT, body);
  new DataView(bytes.buffer).setUint32(5, serverId, true);
  return bytes;
}

function listEvent(list: readonly MariadbGtid[]): Uint8Array {
  const body = new ByteWriter().u32(list.length);
  for (const { domain, serverId, sequence } of list) body.u32(domain).u32(serverId).u64(sequence);
  return event(EVENT_TYPE.GTID_LIST_EVENT, body.done());
}

/** Shows a stop the steps; after each one it says what a comparison of the whole sets does. */
function agrees(target: string, steps: readonly Step[], before?: Step): void {
  const [held, all] = [new HeldGtids(), new HeldGtids()];
  if (before) [held, all].forEach((one) => one.take(before.event));
  const stop = new StopAtGtid(target, held);
  const contains = (): boolean =>
    all.mysql
      ? GtidSet.parse(target).isSubsetOf(all.mysql)
      : all.mariadb?.covers(MariadbPosition.parse(target)) ?? false;
  assertEquals(stop.satisfied, contains());
  for (const step of steps) {
    stop.gtid(step.event);
    all.take(step.event);
    assertEquals(stop.before({ ...POINT, startsTransaction: true }), contains());
    assertEquals(stop.before({ ...POINT, startsTransaction: false }), false);
    if (!step.ends) continue;
    all.transactionEnded();
    assertEquals(stop.after(), contains());
    assertEquals(stop.satisfied, contains());
  }
}

const mysqlGtid = fc.record({
  source: fc.integer({ min: 1, max: 2 }),
  tag: fc.constantFrom("", "a"),
  gno: fc.integer({ min: 1, max: 6 }),
});
const mysqlSet = fc.array(mysqlGtid, { maxLength: 8 }).map((list) => {
  const set = new GtidSet();
  for (const { source, tag, gno } of list) set.add(uuid(source), tag, BigInt(gno));
  return set;
});
const previous = mysqlSet.map((set): Step => ({
  event: event(EVENT_TYPE.PREVIOUS_GTIDS_LOG_EVENT, encodeGtidSet(set)),
  ends: false,
}));
const mysqlStep = fc.tuple(mysqlGtid, fc.integer({ min: 0, max: 9 })).map(
  ([{ source, tag, gno }, n]): Step => ({ event: mysqlEvent(source, tag, gno), ends: n > 0 }),
);

const mariadbGtid = fc.record({
  domain: fc.integer({ min: 0, max: 2 }),
  serverId: fc.integer({ min: 1, max: 2 }),
  sequence: fc.bigInt(0n, 6n),
});
const list = fc.array(mariadbGtid, { maxLength: 4 }).map((gtids): Step => ({
  event: listEvent(gtids),
  ends: false,
}));
const mariadbStep = fc.tuple(mariadbGtid, fc.integer({ min: 0, max: 9 })).map(
  ([gtid, n]): Step => ({ event: mariadbEvent(gtid), ends: n > 0 }),
);

function stream(one: fc.Arbitrary<Step>, head: fc.Arbitrary<Step>): fc.Arbitrary<Step[]> {
  return fc.array(fc.oneof({ weight: 8, arbitrary: one }, { weight: 1, arbitrary: head }), {
    maxLength: 40,
  });
}

Deno.test("a stop is met exactly when all of its MySQL set is held", () => {
  const steps = stream(mysqlStep, previous);
  fc.assert(fc.property(mysqlSet, steps, fc.option(previous), (target, steps, before) => {
    agrees(target.toString(), steps, before ?? undefined);
  }));
});

Deno.test("a stop is met exactly when its MariaDB position is come to, which may be left again", () => {
  const target = fc.array(mariadbGtid, { maxLength: 4 }).map((gtids) => {
    const position = new MariadbPosition();
    gtids.forEach((gtid) => position.add(gtid));
    return position.toString();
  });
  const steps = stream(mariadbStep, list);
  fc.assert(fc.property(target, steps, fc.option(list), (target, steps, before) => {
    agrees(target, steps, before ?? undefined);
  }));
});

/** Counts calls of methods that go through a whole set while `work` runs. */
function wholeSetCalls(work: () => void): number {
  const methods: [object, PropertyKey][] = [
    ...["isSubsetOf", "equals", "clone", "union", "subtract", "entries", "count"]
      .map((name): [object, PropertyKey] => [GtidSet.prototype, name]),
    ...["covers", "clone", "count"].map((
      name,
    ): [object, PropertyKey] => [IntervalSet.prototype, name]),
    ...["covers", "clone", Symbol.iterator]
      .map((name): [object, PropertyKey] => [MariadbPosition.prototype, name]),
  ];
  const undo: (() => void)[] = [];
  let calls = 0;
  for (const [prototype, name] of methods) {
    const own = Object.getOwnPropertyDescriptor(prototype, name)!;
    Object.defineProperty(prototype, name, {
      ...own,
      value(this: unknown, ...args: unknown[]) {
        calls++;
        return own.value.apply(this, args);
      },
    });
    undo.push(() => Object.defineProperty(prototype, name, own));
  }
  try {
    work();
  } finally {
    undo.forEach((one) => one());
  }
  return calls;
}

/** Shows a stop, which has been asked once, one transaction; false, as more is missing. */
function transaction(stop: StopAtGtid, gtid: Uint8Array): void {
  assertEquals(stop.before({ ...POINT, startsTransaction: true }), false);
  stop.gtid(gtid);
  assertEquals(stop.after(), false);
}

Deno.test("a transaction is not compared with the whole of a large set", () => {
  const target = new GtidSet();
  for (let source = 1; source <= 100; source++) {
    for (let i = 0n; i < 10n; i++) target.addInterval(uuid(source), "", i * 10n + 1n, i * 10n + 5n);
  }
  const held = new HeldGtids();
  held.mysql = new GtidSet();
  const stop = new StopAtGtid(target.toString(), held);
  assertEquals(stop.satisfied, false);
  const calls = wholeSetCalls(() => {
    for (let gno = 1; gno <= 50; gno++) transaction(stop, mysqlEvent(gno, "", gno));
  });
  assertEquals(calls, 0);
});

Deno.test("a transaction is not compared with the whole of a position of many domains", () => {
  const domains = Array.from({ length: 100 }, (_, domain) => domain);
  const held = new HeldGtids();
  held.mariadb = new MariadbPosition();
  const stop = new StopAtGtid(domains.map((domain) => `${domain}-1-9`).join(), held);
  assertEquals(stop.satisfied, false);
  const calls = wholeSetCalls(() => {
    for (const domain of domains.slice(1)) {
      transaction(stop, mariadbEvent({ domain, serverId: 1, sequence: 9n }));
    }
  });
  assertEquals(calls, 0);
  stop.gtid(mariadbEvent({ domain: 0, serverId: 1, sequence: 9n }));
  assertEquals(stop.after(), true);
});
