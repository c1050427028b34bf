import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { decodeTaggedGtid } from "../../lib/binlog/gtid_event.ts";
import { FormatError } from "../../lib/errors.ts";
import { GtidSet } from "../../lib/gtid/gtid_set.ts";
import { decodeGtidSet, encodeGtidSet } from "../../lib/gtid/gtid_set_codec.ts";
import { MariadbPosition } from "../../lib/gtid/mariadb_position.ts";

const UUID = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g)!, (pair) => parseInt(pair, 16));
}
function hex(data: Uint8Array): string {
  return Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const UNTAGGED = "01000000000000003e11fa4771ca11e19e33c80aa9429562020000000000000001000000000000" +
  "0006000000000000000b000000000000001300000000000000";
const TAGGED = "01020000000000013e11fa4771ca11e19e33c80aa942956200010000000000000001000000000000" +
  "0006000000000000003e11fa4771ca11e19e33c80aa942956206666f6f010000000000000001000000000000000200" +
  "000000000000";

Deno.test("GtidSet reads and writes the server's binary forms", () => {
  for (const [text, golden] of [[`${UUID}:1-5:11-18`, UNTAGGED], [`${UUID}:1-5:foo:1`, TAGGED]]) {
    assertEquals(hex(encodeGtidSet(GtidSet.parse(text!))), golden);
    assertEquals(decodeGtidSet(bytes(golden!)).toString(), text);
  }
});

Deno.test("GtidSet reads text as people and servers write it", () => {
  const text = ` ${UUID.toUpperCase()}:1-3:4-5:9 ,\n 4e11fa47-71ca-11e1-9e33-c80aa9429562:Tag_1:7`;
  assertEquals(
    GtidSet.parse(text).toString(),
    `${UUID}:1-5:9,4e11fa47-71ca-11e1-9e33-c80aa9429562:tag_1:7`,
  );
  assert(GtidSet.parse("").isEmpty);
  for (const bad of ["x", `${UUID}`, `${UUID}:0`, `${UUID}:a b:1`, `${UUID}:1--2`]) {
    assertThrows(() => GtidSet.parse(bad), FormatError);
  }
});

Deno.test("decodeGtidSet refuses each cut and never takes touching intervals", () => {
  const whole = bytes(TAGGED);
  for (let size = 0; size < whole.length; size++) {
    assertThrows(() => decodeGtidSet(whole.subarray(0, size)), FormatError);
  }
  const touching = bytes(UNTAGGED);
  touching[24 + 8 + 16] = 6;
  assertThrows(() => decodeGtidSet(touching), FormatError);
});

Deno.test("decodeTaggedGtid reads the golden message", () => {
  const golden =
    "0270000002027c22e9038ee22903228503790266210314a502845502c4041c0606666f6f08080a0c" +
    "0c7f00401e18240a0610b1041283d009";
  assertEquals(decodeTaggedGtid(bytes(golden)), { uuid: UUID, tag: "foo", gno: 7n });
});

const gtids = fc.array(
  fc.record({
    uuid: fc.constantFrom(UUID, "00000000-0000-0000-0000-000000000001"),
    tag: fc.constantFrom("", "a", "b"),
    gno: fc.bigInt({ min: 1n, max: 40n }),
  }),
  { maxLength: 60 },
);
type Gtid = { uuid: string; tag: string; gno: bigint };
function setOf(list: Gtid[]): GtidSet {
  const set = new GtidSet();
  for (const { uuid, tag, gno } of list) set.add(uuid, tag, gno);
  return set;
}

Deno.test("GtidSet obeys the laws of sets", () => {
  fc.assert(fc.property(gtids, gtids, (a, b) => {
    const [x, y] = [setOf(a), setOf(b)];
    const both = x.clone().union(y);
    assert(x.isSubsetOf(both) && y.isSubsetOf(both));
    assertEquals(both.clone().subtract(y).union(y).toString(), both.toString());
    assertEquals(x.intersect(y).toString(), y.intersect(x).toString());
    assertEquals(x.clone().subtract(y).intersect(y).isEmpty, true);
    for (const { uuid, tag, gno } of a) assert(x.has(uuid, tag, gno));
    const left = both.clone();
    for (const { uuid, tag, gno } of b) left.remove(uuid, tag, gno);
    assertEquals(left.toString(), both.clone().subtract(y).toString());
    assert(left.subtract(left).isEmpty);
    assertEquals(x.count(), BigInt(new Set(a.map((g) => `${g.uuid}${g.tag}${g.gno}`)).size));
    assertEquals(GtidSet.parse(x.toString()).toString(), x.toString());
    assertEquals(decodeGtidSet(encodeGtidSet(x)).toString(), x.toString());
  }));
});

Deno.test("MariadbPosition keeps the last of each domain", () => {
  const position = MariadbPosition.parse("1-5-7, 0-1-100");
  assertEquals(position.toString(), "0-1-100,1-5-7");
  position.add({ domain: 0, serverId: 2, sequence: 101n });
  assertEquals(position.toString(), "0-2-101,1-5-7");
  assert(position.covers(MariadbPosition.parse("0-1-100")));
  assert(!position.covers(MariadbPosition.parse("0-1-102")));
  assert(!position.covers(MariadbPosition.parse("2-1-1")));
  assertThrows(() => MariadbPosition.parse("0-1"), FormatError);
});
