import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { ByteReader } from "../../lib/bytes/byte_reader.ts";
import { ByteWriter } from "../../lib/bytes/byte_writer.ts";

type Field = {
  write: (writer: ByteWriter) => unknown;
  read: (reader: ByteReader) => unknown;
  value: unknown;
};

function field<T>(
  values: fc.Arbitrary<T>,
  write: (writer: ByteWriter, value: T) => unknown,
  read: (reader: ByteReader) => unknown,
): fc.Arbitrary<Field> {
  return values.map((value) => ({ value, write: (writer) => write(writer, value), read }));
}

const u64 = fc.bigInt(0n, 2n ** 64n - 1n);
/** Around the places where a length takes more bytes. */
const lengths = fc.oneof(
  fc.constantFrom(0n, 0xfan, 0xfbn, 0xfcn, 0xffffn, 0x1_0000n, 0xff_ffffn, 0x100_0000n),
  u64,
);
const texts = fc.string({ unit: "grapheme", maxLength: 300 });
const plain = texts.map((text) => text.replaceAll("\0", ""));
const blobs = fc.uint8Array({ maxLength: 300 });

const fields = fc.array(
  fc.oneof(
    field(fc.nat(0xff), (w, v) => w.u8(v), (r) => r.u8("f")),
    field(fc.nat(0xffff), (w, v) => w.u16(v), (r) => r.u16("f")),
    field(fc.nat(0xff_ffff), (w, v) => w.u24(v), (r) => r.u24("f")),
    field(fc.nat(0xffff_ffff), (w, v) => w.u32(v), (r) => r.u32("f")),
    field(u64, (w, v) => w.u64(v), (r) => r.u64("f")),
    field(fc.maxSafeNat(), (w, v) => w.u64(v), (r) => r.u64Number("f")),
    field(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), (w, v) => w.i64(v), (r) => r.i64("f")),
    field(lengths, (w, v) => w.lenenc(v), (r) => r.lenenc("f")),
    field(fc.maxSafeNat(), (w, v) => w.lenenc(v), (r) => r.lenencNumber("f")),
    field(texts, (w, v) => w.textLenenc(v), (r) => r.textLenenc("f")),
    field(plain, (w, v) => w.textNul(v), (r) => r.textNul("f")),
    field(blobs, (w, v) => w.bytesLenenc(v), (r) => r.take(r.lenencNumber("f"), "f")),
  ),
  { maxLength: 30 },
);

Deno.test("whatever is written is read again, whatever room there was at first", () => {
  fc.assert(fc.property(fields, fc.nat(100), (list, capacity) => {
    const writer = new ByteWriter(capacity);
    for (const { write } of list) write(writer);
    const bytes = writer.done();
    assertEquals(bytes.length, writer.length);
    const reader = new ByteReader(bytes);
    for (const { read, value } of list) assertEquals(read(reader), value);
    reader.end("all");
  }));
});

Deno.test("a text that begins with U+FEFF keeps it", () => {
  const text = "\ufeffa";
  const bytes = new ByteWriter().textNul(text).textLenenc(text).done();
  const reader = new ByteReader(bytes);
  assertEquals([reader.textNul("f"), reader.textLenenc("f")], [text, text]);
});

Deno.test("a length takes its shortest form", () => {
  const size = (value: number | bigint): number => new ByteWriter().lenenc(value).length;
  assertEquals([0, 0xfa, 0xfb, 0xffff, 0x1_0000, 0xff_ffff].map(size), [1, 1, 3, 3, 4, 4]);
  assertEquals([0x100_0000, 2 ** 40, 2n ** 64n - 1n].map(size), [9, 9, 9]);
});

Deno.test("zeros are zeros, and what was written before stays as the buffer grows", () => {
  const writer = new ByteWriter(1);
  for (let i = 0; i < 1000; i++) writer.u8(i & 0xff).zeros(i % 3);
  const bytes = writer.done();
  let at = 0;
  for (let i = 0; i < 1000; i++) {
    assertEquals(bytes[at++], i & 0xff);
    for (let zero = 0; zero < i % 3; zero++) assertEquals(bytes[at++], 0);
  }
  assertEquals(at, bytes.length);
});

Deno.test("what was done before is not changed by what is written after", () => {
  const writer = new ByteWriter(8).u32(1).u32(2);
  const before = writer.done();
  writer.u32(3);
  assertEquals([...before], [1, 0, 0, 0, 2, 0, 0, 0]);
});
