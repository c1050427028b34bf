import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { decodeGtidList } from "../../lib/binlog/gtid_event.ts";
import { ByteWriter } from "../../lib/bytes/byte_writer.ts";
import { FormatError } from "../../lib/errors.ts";
import { MariadbGtidSet } from "../../lib/gtid/mariadb_gtid_set.ts";
import {
  formatMariadbGtid,
  type MariadbGtid,
  MariadbPosition,
  parseMariadbGtid,
} from "../../lib/gtid/mariadb_position.ts";

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const gtid = fc.record({ domain: u32, serverId: u32, sequence: fc.bigInt(0n, 2n ** 64n - 1n) });
const gtids = fc.array(gtid, { maxLength: 12 });

const BAD_GTIDS = [
  "0",
  "0-1",
  "0-1-",
  "-1-1",
  "0--1",
  "0-1-1-1",
  "0-1-x",
  "0x1-1-1",
  "4294967296-1-1",
  "0-4294967296-1",
  "0-1-18446744073709551616",
  "0-1-99999999999999999999",
  "0-1-5;",
  "0 -1-5",
];

function listBody(list: readonly MariadbGtid[]): Uint8Array {
  const writer = new ByteWriter().u32(list.length);
  for (const { domain, serverId, sequence } of list) writer.u32(domain).u32(serverId).u64(sequence);
  return writer.done();
}

Deno.test("any MariaDB GTID and position is the same after text", () => {
  fc.assert(fc.property(gtids, (list) => {
    const position = new MariadbPosition();
    const last = new Map<number, MariadbGtid>();
    for (const one of list) {
      assertEquals(parseMariadbGtid(formatMariadbGtid(one)), one);
      position.add(one);
      last.set(one.domain, one);
    }
    assertEquals(position.isEmpty, list.length === 0);
    assertEquals([...position], [...last.values()].sort((a, b) => a.domain - b.domain));
    const again = MariadbPosition.parse(` ${position.toString().replaceAll(",", " ,\n")} `);
    assertEquals([...again], [...position]);
    assert(again.covers(position) && position.covers(again));
  }));
});

Deno.test("a list of MariaDB GTIDs is the same after bytes, and refused at each length", () => {
  fc.assert(fc.property(gtids, (list) => {
    const body = listBody(list);
    assertEquals(decodeGtidList(body), list);
    for (let size = 0; size < body.length; size++) {
      assertThrows(() => decodeGtidList(body.subarray(0, size)), FormatError);
    }
  }));
  // The upper four bits of the count are flags.
  assertEquals(decodeGtidList(Uint8Array.of(0, 0, 0, 0xf0)), []);
  assertThrows(() => decodeGtidList(Uint8Array.of(0xff, 0xff, 0xff, 0x0f)), FormatError);
});

Deno.test("a copy of a position does not follow the one it was made of", () => {
  const position = MariadbPosition.parse("0-1-5");
  const copy = position.clone();
  position.add({ domain: 0, serverId: 1, sequence: 6n });
  assertEquals([copy.toString(), position.toString()], ["0-1-5", "0-1-6"]);
  assert(position.covers(copy) && !copy.covers(position));
  assert(copy.covers(MariadbPosition.parse("")));
  assertEquals(position.last(1), undefined);
});

Deno.test("malformed MariaDB GTIDs are refused with what was found", () => {
  for (const text of BAD_GTIDS) {
    assertThrows(() => parseMariadbGtid(text), FormatError);
    assertThrows(() => MariadbPosition.parse(`0-1-5,${text}`), FormatError);
    const error = assertThrows(() => MariadbGtidSet.parse(`0-1-5,${text}`), FormatError);
    assertEquals(error.details.found, `0-1-5,${text}`);
  }
  for (const text of ["0-1-5..", "0-1-5..4", "0-1-5..18446744073709551616", "0-1-..5"]) {
    assertThrows(() => MariadbGtidSet.parse(text), FormatError);
  }
});

const small = fc.array(
  fc.record({
    domain: fc.integer({ min: 0, max: 2 }),
    serverId: fc.integer({ min: 1, max: 2 }),
    sequence: fc.bigInt(0n, 30n),
  }),
  { maxLength: 50 },
);

Deno.test("a set of MariaDB GTIDs holds exactly what was added and not removed", () => {
  fc.assert(fc.property(small, small, (added, removed) => {
    const set = new MariadbGtidSet();
    const model = new Map<string, MariadbGtid>();
    for (const one of added) {
      set.addInterval(one.domain, one.serverId, one.sequence, one.sequence + 1n);
      model.set(formatMariadbGtid(one), one);
    }
    for (const one of removed) {
      set.remove(one);
      model.delete(formatMariadbGtid(one));
    }
    assertEquals(set.count(), BigInt(model.size));
    assertEquals(set.isEmpty, model.size === 0);
    for (const one of [...added, ...removed]) {
      assertEquals(set.has(one), model.has(formatMariadbGtid(one)));
    }
    const again = MariadbGtidSet.parse(set.toString());
    assertEquals(again.toString(), set.toString());
    assertEquals(again.union(set).count(), set.count());
  }));
});

Deno.test("runs of MariaDB GTIDs are written with two dots, in order", () => {
  const set = MariadbGtidSet.parse("1-1-3, 0-2-9,0-1-1..5,0-1-6,0-1-8");
  assertEquals(set.toString(), "0-1-1..6,0-1-8,0-2-9,1-1-3");
  set.addInterval(7, 7, 5n, 5n);
  assertEquals([...set.entries()].length, 3);
  assert(set.overlaps(0, 1, 7n, 9n) && !set.overlaps(0, 1, 7n, 8n));
});
