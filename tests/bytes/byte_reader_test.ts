import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ByteReader } from "../../lib/bytes/byte_reader.ts";
import { FormatError, ProtocolError } from "../../lib/errors.ts";

const BYTES = Uint8Array.of(0x81, 0x92, 0xa3, 0xb4, 0xc5, 0xd6, 0xe7, 0xf8);

/** Every read of a fixed size, and what it makes of {@link BYTES}. */
const READS: [string, number, (reader: ByteReader) => number | bigint, number | bigint][] = [
  ["u8", 1, (r) => r.u8("f"), 0x81],
  ["u16", 2, (r) => r.u16("f"), 0x9281],
  ["u24", 3, (r) => r.u24("f"), 0xa39281],
  ["u32", 4, (r) => r.u32("f"), 0xb4a39281],
  ["i32", 4, (r) => r.i32("f"), 0xb4a39281 - 2 ** 32],
  ["u48", 6, (r) => r.u48("f"), 0xd6c5b4a39281],
  ["u56", 7, (r) => r.u56("f"), 0xe7d6c5b4a39281n],
  ["u64", 8, (r) => r.u64("f"), 0xf8e7d6c5b4a39281n],
  ["i64", 8, (r) => r.i64("f"), 0xf8e7d6c5b4a39281n - 2n ** 64n],
];

Deno.test("numbers are little-endian, and of their full range", () => {
  for (const [name, size, read, expected] of READS) {
    // Also as a view that does not begin its buffer.
    const shifted = new Uint8Array(BYTES.length + 3);
    shifted.set(BYTES, 3);
    for (const bytes of [BYTES, shifted.subarray(3)]) {
      const reader = new ByteReader(bytes);
      assertEquals(read(reader), expected, name);
      assertEquals([reader.offset, reader.remaining], [size, BYTES.length - size]);
    }
  }
});

Deno.test("a read beyond the end names the field and moves nothing", () => {
  for (const [name, size, read] of READS) {
    for (let there = 0; there < size; there++) {
      const reader = new ByteReader(BYTES.subarray(0, there));
      const error = assertThrows(() => read(reader), FormatError, `got ${there}`, name);
      assertStringIncludes(error.message, `Cannot read f: need ${size} bytes`);
      assertEquals(error.details.field, "f");
      assertEquals(reader.offset, 0);
    }
  }
});

Deno.test("sizes that make no sense are refused", () => {
  const reader = new ByteReader(BYTES, 2);
  for (const size of [-1, 7, NaN, Infinity, 2 ** 53]) {
    assertThrows(() => reader.take(size, "f"), FormatError);
    assertThrows(() => reader.skip(size, "f"), FormatError);
    assertThrows(() => reader.text(size, "f"), FormatError);
  }
  assertEquals(reader.offset, 2);
  assertThrows(() => new ByteReader(BYTES, 9).u8("f"), FormatError, "got 0");
  assertThrows(() => new ByteReader(BYTES, 9).rest(), FormatError);
});

Deno.test("what is taken is a view, not a copy", () => {
  const bytes = BYTES.slice();
  const reader = new ByteReader(bytes, 1);
  const [taken, rest] = [reader.take(2, "f"), reader.rest()];
  bytes.fill(7);
  assertEquals([...taken, ...rest], new Array(7).fill(7));
  assertEquals([reader.remaining, reader.peek()], [0, undefined]);
  reader.end("all");
});

Deno.test("a length has four sizes, and NULL and 0xff begin none", () => {
  const read = (...bytes: number[]): bigint => new ByteReader(Uint8Array.from(bytes)).lenenc("f");
  assertEquals(read(0xfa), 0xfan);
  assertEquals(read(0xfc, 1, 2), 0x201n);
  assertEquals(read(0xfd, 1, 2, 3), 0x30201n);
  assertEquals(read(0xfe, 1, 2, 3, 4, 5, 6, 7, 8), 0x807060504030201n);
  for (const first of [0xfb, 0xff]) {
    assertThrows(() => read(first), FormatError, "begins no length");
  }
  for (const bytes of [[], [0xfc, 1], [0xfd, 1, 2], [0xfe, 1, 2, 3, 4, 5, 6, 7]]) {
    assertThrows(() => read(...bytes), FormatError);
  }
});

Deno.test("a size beyond 2^53 is refused, not rounded", () => {
  const exact = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f, 0);
  assertEquals(new ByteReader(exact).u64Number("f"), Number.MAX_SAFE_INTEGER);
  const beyond = Uint8Array.of(0xfe, 0, 0, 0, 0, 0, 0, 0x20, 0);
  assertThrows(() => new ByteReader(beyond).lenencNumber("f"), FormatError, "beyond 2^53");
  assertThrows(() => new ByteReader(beyond, 1).u64Number("f"), FormatError, "beyond 2^53");
});

Deno.test("text ends at its NUL or its length, and not without", () => {
  const reader = new ByteReader(Uint8Array.of(0x61, 0xc3, 0xa9, 0, 0, 2, 0x62, 0x63, 0x64));
  assertEquals(reader.textNul("f"), "aé");
  assertEquals(reader.textNul("f"), "");
  assertEquals(reader.textLenenc("f"), "bc");
  assertThrows(() => reader.textNul("f"), FormatError, "no NUL");
  assertThrows(() => reader.end("row"), FormatError, "1 bytes left over");
  assertThrows(() => new ByteReader(Uint8Array.of(3, 0x61, 0x62)).textLenenc("f"), FormatError);
});

Deno.test("errors are of the kind that the caller makes", () => {
  const reader = new ByteReader(
    BYTES,
    0,
    (message, field) => new ProtocolError(message, { field }),
  );
  assertThrows(() => reader.take(9, "f"), ProtocolError);
  assertThrows(() => reader.end("f"), ProtocolError);
  assert(reader.fail("m", "f") instanceof ProtocolError);
});

Deno.test("no input makes a reader throw anything but its own error", () => {
  const reads = READS.map(([, , read]) => read);
  const more: ((reader: ByteReader) => unknown)[] = [
    (r) => r.lenencNumber("f"),
    (r) => r.textLenenc("f"),
    (r) => r.textNul("f"),
    (r) => r.u64Number("f"),
    ...reads,
  ];
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 40 }),
      fc.array(fc.nat(more.length - 1)),
      (bytes, ops) => {
        const reader = new ByteReader(bytes);
        for (const op of ops) {
          const before = reader.offset;
          try {
            more[op]!(reader);
          } catch (error) {
            assert(error instanceof FormatError, `${error}`);
          }
          assert(reader.offset >= before && reader.offset <= bytes.length);
        }
      },
    ),
  );
});
