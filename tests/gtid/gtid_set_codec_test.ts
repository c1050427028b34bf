import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ByteWriter } from "../../lib/bytes/byte_writer.ts";
import { FormatError } from "../../lib/errors.ts";
import { GtidSet } from "../../lib/gtid/gtid_set.ts";
import { decodeGtidSet, encodeGtidSet } from "../../lib/gtid/gtid_set_codec.ts";
import { formatUuid, normaliseUuid, uuidBytes } from "../../lib/gtid/uuid.ts";

const UUID = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
const GNO_LAST = 2n ** 63n - 2n;

const interval = fc.tuple(fc.bigInt(1n, GNO_LAST), fc.bigInt(0n, 1000n))
  .map(([first, more]) => [first, first + more > GNO_LAST ? GNO_LAST : first + more] as const);
const entry = fc.record({
  uuid: fc.uuid(),
  tag: fc.oneof(fc.constant(""), fc.stringMatching(/^[a-z_][a-z0-9_]{0,31}$/)),
  ranges: fc.array(interval, { minLength: 1, maxLength: 4 }),
});
const sets = fc.array(entry, { maxLength: 6 }).map((entries) => {
  const set = new GtidSet();
  for (const { uuid, tag, ranges } of entries) {
    for (const [first, last] of ranges) set.addInterval(uuid, tag, first, last + 1n);
  }
  return set;
});

Deno.test("any GTID set is the same after text and after bytes", () => {
  fc.assert(fc.property(sets, (set) => {
    const text = set.toString();
    assertEquals(GtidSet.parse(text).toString(), text);
    assertEquals(GtidSet.parse(text.toUpperCase().replaceAll(",", " ,\n ")).toString(), text);
    const again = decodeGtidSet(encodeGtidSet(set));
    assert(again.equals(set));
    assertEquals(again.toString(), text);
  }));
});

Deno.test("any GTID set in bytes is refused at each length but its own", () => {
  fc.assert(
    fc.property(sets, (set) => {
      const whole = encodeGtidSet(set);
      for (let size = 0; size < whole.length; size++) {
        assertThrows(() => decodeGtidSet(whole.subarray(0, size)), FormatError);
      }
      const longer = new Uint8Array(whole.length + 1);
      longer.set(whole);
      assertThrows(() => decodeGtidSet(longer), FormatError, "left over");
    }),
    { numRuns: 30 },
  );
});

Deno.test("changed and random bytes give a set that can be written again, or a FormatError", () => {
  const check = (bytes: Uint8Array): void => {
    let set: GtidSet;
    try {
      set = decodeGtidSet(bytes);
    } catch (error) {
      assert(error instanceof FormatError, `${error}`);
      return;
    }
    assert(decodeGtidSet(encodeGtidSet(set)).equals(set));
    assertEquals(GtidSet.parse(set.toString()).toString(), set.toString());
  };
  const whole = encodeGtidSet(GtidSet.parse(`${UUID}:1-5:11-18:foo:1:bar_2:3-4`));
  for (let at = 0; at < whole.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const changed = whole.slice();
      changed[at]! ^= 1 << bit;
      check(changed);
    }
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), check));
});

Deno.test("counts that lie are refused before memory is taken", () => {
  const many = new ByteWriter().u64((1n << 48n) - 1n).bytes(uuidBytes(UUID)).u64(2n ** 60n).i64(1)
    .i64(2).done();
  assertThrows(() => decodeGtidSet(many), FormatError, "need 8 bytes, got 0");
  const header = new ByteWriter().u64(2n << 56n).done();
  assertThrows(() => decodeGtidSet(header), FormatError, "header");
});

Deno.test("tags that no server takes are refused in bytes as in text", () => {
  const tagged = (size: number, tag: string): Uint8Array =>
    new ByteWriter().u64((1n << 56n) | (1n << 8n) | 1n).bytes(uuidBytes(UUID)).u8(size).text(tag)
      .u64(1).i64(1).i64(2).done();
  assertEquals(decodeGtidSet(tagged(6, "foo")).toString(), `${UUID}:foo:1`);
  for (const tag of ["a:b", "a,b", "Foo", "1a", "a b", "a\n", "x".repeat(33)]) {
    assertThrows(() => decodeGtidSet(tagged(tag.length << 1, tag)), FormatError, "tag");
  }
  assertThrows(() => decodeGtidSet(tagged(7, "foo")), FormatError, "tag");
  for (const tag of ["a,b", "1a", "a b", "a-b", "é", "x".repeat(33)]) {
    assertThrows(() => GtidSet.parse(`${UUID}:${tag}:1`), FormatError);
  }
});

Deno.test("intervals out of order, empty or below 1 are refused", () => {
  const ranges = (...pairs: [number, number][]): Uint8Array => {
    const writer = new ByteWriter().u64(1).bytes(uuidBytes(UUID)).u64(pairs.length);
    for (const [start, end] of pairs) writer.i64(start).i64(end);
    return writer.done();
  };
  assertEquals(decodeGtidSet(ranges([1, 3], [4, 5])).toString(), `${UUID}:1-2:4`);
  for (
    const pairs of [[[0, 2]], [[-5, 2]], [[3, 3]], [[3, 2]], [[4, 5], [1, 3]], [[1, 4], [3, 6]]]
  ) {
    assertThrows(() => decodeGtidSet(ranges(...pairs as [number, number][])), FormatError);
  }
});

Deno.test("malformed text is refused with the part that is wrong", () => {
  const bad = [
    "x",
    UUID,
    `${UUID}:`,
    `${UUID}:0`,
    `${UUID}:-1`,
    `${UUID}:1-`,
    `${UUID}:1-2-3`,
    `${UUID}:1;2`,
    `${UUID}:1 2`,
    `${UUID}:9223372036854775807`,
    `${UUID}:99999999999999999999`,
    `${UUID}0:1`,
    `:1`,
    `${UUID}:1,${UUID}`,
    `0-1-5`,
  ];
  for (const text of bad) {
    const error = assertThrows(() => GtidSet.parse(text), FormatError);
    assertEquals(error.details.found, text);
  }
  assertEquals(GtidSet.parse(`${UUID}:${GNO_LAST}`).toString(), `${UUID}:${GNO_LAST}`);
  assertEquals(GtidSet.parse(`,\n${UUID}:1,,`).toString(), `${UUID}:1`);
  assertEquals(GtidSet.parse(`${UUID}:5-3`).toString(), "");
});

Deno.test("a UUID is the same after its 16 bytes, and nothing else is one", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
    const text = formatUuid(bytes);
    assertEquals([...uuidBytes(text)], [...bytes]);
    assertEquals(normaliseUuid(text.toUpperCase()), text);
    assertEquals(normaliseUuid(text.replaceAll("-", "")), text);
  }));
  for (const text of ["", UUID.slice(1), `${UUID}0`, UUID.replace("3", "g"), `{${UUID}}`]) {
    assertEquals(normaliseUuid(text), undefined);
  }
});

Deno.test("sets of many ranges, in the worst order, are read and reckoned with in no time", () => {
  const COUNT = 100_000;
  const started = performance.now();
  const parts = Array.from({ length: COUNT }, (_, i) => 2 * (COUNT - i));
  const set = GtidSet.parse(`${UUID}:${parts.join(":")}`);
  assertEquals(set.count(), BigInt(COUNT));
  const odd = GtidSet.parse(`${UUID}:${parts.map((part) => part - 1).join(":")}`);
  assertEquals(odd.union(set).toString(), `${UUID}:1-${2 * COUNT}`);
  assertEquals(odd.clone().subtract(set).count(), BigInt(COUNT));
  assert(set.clone().subtract(set).isEmpty);
  // Each range as an entry of its own.
  const writer = new ByteWriter(COUNT * 40 + 8).u64(BigInt(COUNT));
  for (const part of parts) {
    writer.bytes(uuidBytes(UUID)).u64(1n).i64(BigInt(part)).i64(BigInt(part) + 1n);
  }
  assert(decodeGtidSet(writer.done()).equals(set));
  // A second, where what takes the square of it takes minutes.
  assertLess(performance.now() - started, 30_000);
});
