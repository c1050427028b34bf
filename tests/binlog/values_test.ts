import { assert, assertEquals, assertThrows } from "@std/assert";
import { charsetDecoder, charsetOfCollation, keepsAscii } from "../../lib/binlog/values/charset.ts";
import { collationName } from "../../lib/binlog/values/collation_name.ts";
import { decimalSize, writeDecimal } from "../../lib/binlog/values/decimal.ts";
import { isText, writeEscaped } from "../../lib/binlog/values/escape.ts";
import { writeJsonBinary } from "../../lib/binlog/values/json_binary.ts";
import { realText } from "../../lib/binlog/values/real_text.ts";
import { writeDatetime2, writeTime2 } from "../../lib/binlog/values/temporal.ts";
import { TextOutput } from "../../lib/binlog/values/text_output.ts";
import { ByteWriter } from "../../lib/bytes/byte_writer.ts";
import { FormatError } from "../../lib/errors.ts";
import { userVariableValue } from "../../lib/inspect/event_user_var.ts";
import { geometryText } from "../../lib/inspect/row_geometry.ts";
import { floatText } from "../../lib/inspect/row_number_columns.ts";
import { inet6Text } from "../../lib/inspect/row_text_columns.ts";

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (digits) => parseInt(digits, 16));
}

/** Text that `write` puts out. */
function text(write: (out: TextOutput) => void): string {
  const out = new TextOutput(undefined, 16);
  write(out);
  return new TextDecoder().decode(out.written);
}

Deno.test("DECIMAL is read from its packed form", () => {
  // The example of strings/decimal.c: 1234567890.1234 as DECIMAL(14,4).
  const packed = bytes("810dfb38d204d2");
  assertEquals(decimalSize(14, 4), packed.length);
  assertEquals(text((out) => writeDecimal(out, packed, 0, 14, 4)), "1234567890.1234");
  const negative = packed.map((byte) => byte ^ 0xff);
  assertEquals(text((out) => writeDecimal(out, negative, 0, 14, 4)), "-1234567890.1234");
  assertEquals(text((out) => writeDecimal(out, bytes("80000000000000"), 0, 14, 4)), "0.0000");
});

Deno.test("negative times with fractions are read", () => {
  // -00:00:00.50 as TIME(2): one hundredth less than nothing is ff, and borrows from the seconds.
  assertEquals(text((out) => writeTime2(out, bytes("7fffffce"), 0, 2)), "-00:00:00.50");
  assertEquals(text((out) => writeTime2(out, bytes("800000"), 0, 0)), "00:00:00");
  assertEquals(
    text((out) => writeDatetime2(out, bytes("8000000000"), 0, 0)),
    "0000-00-00 00:00:00",
  );
});

Deno.test("a FLOAT is shown with as few digits as read back the same", () => {
  for (const [value, shown] of [[1.5, "1.5"], [0.1, "0.1"], [3e10, "30000000000"]] as const) {
    assertEquals(floatText(Math.fround(value)), shown);
  }
  assertEquals(floatText(-0), "-0");
  assertEquals(realText(-0), "-0");
  const texts = [
    "1.5e300",
    "-1e15",
    "999999999999999",
    "1e-16",
    "-0.0000001",
    "0.0000000000000012",
  ];
  for (const shown of [...texts, "0.000001", "1.2345678901234568e20", "Infinity", "0"]) {
    assertEquals(realText(Number(shown)), shown);
  }
  assertEquals(Math.fround(Number(floatText(Math.fround(16777217.3)))), Math.fround(16777217.3));
});

Deno.test("strings are escaped so that nothing is lost", () => {
  const escaped = (hex: string, quoting: "sql" | "json"): string =>
    text((out) => writeEscaped(out, bytes(hex), 0, hex.length / 2, quoting));
  assertEquals(escaped("6127225c0a00ff", "sql"), "a\\'\"\\\\\\n\\x00\\xff");
  assertEquals(escaped("6127225c0a00", "json"), "a'\\\"\\\\\\n\\u0000");
  assertEquals(escaped("c3a4f09f90ac", "sql"), "ä🐬");
  // U+009B begins commands of a terminal; U+202E turns text around, U+2028 ends lines.
  assertEquals(escaped("c29b1be280ae", "sql"), "\\xc2\\x9b\\x1b\\xe2\\x80\\xae");
  assertEquals(
    escaped("c29be280a8e280aee281a6c2a0e282ac", "json"),
    "\\u009b\\u2028\\u202e\\u2066\u00a0€",
  );
  assertEquals(isText(bytes("c3a4"), 0, 2), true);
  for (const broken of ["c0af", "eda080", "f4908080", "c3", "80", "00", "7f"]) {
    assertEquals(isText(bytes(broken), 0, broken.length / 2), false, broken);
  }
});

Deno.test("binary JSON that is damaged is a FormatError and never endless", () => {
  // {"a": "b"}: small object, 1 member, 14 bytes, key at 11, value at 12.
  const object = bytes("0001000e000b0001000c0c0061" + "0162");
  assertEquals(text((out) => writeJsonBinary(out, object, 0, object.length)), '{"a": "b"}');
  for (let size = 1; size < object.length; size++) {
    assertThrows(() => text((out) => writeJsonBinary(out, object, 0, size)), FormatError);
  }
  // An array whose only element is the array itself.
  const endless = bytes("02010008000200000000");
  assertThrows(() => text((out) => writeJsonBinary(out, endless, 0, endless.length)), FormatError);
  assertEquals(text((out) => writeJsonBinary(out, bytes(""), 0, 0)), "null");
});

/** Reads a document behind others: how much it may hold has to do with its own size only. */
function assertSharing(document: Uint8Array): void {
  const all = new Uint8Array(10_000_000 + document.length);
  all.set(document, 10_000_000);
  const out = new TextOutput();
  const write = (): void => writeJsonBinary(out, all, 10_000_000, all.length);
  assertThrows(write, FormatError, "share bytes");
  assert(out.length < 4 * document.length, `${out.length}`);
}

Deno.test("binary JSON whose parts share bytes is a FormatError before it becomes large", () => {
  const size = 20_000;
  // 400 members that all are one string of 20,000 bytes, or one opaque value of that size.
  for (const [type, head] of [[12, [0xa0, 0x9c, 1]], [15, [252, 0xa0, 0x9c, 1]]] as const) {
    const offset = 4 + 400 * 3;
    const array = new ByteWriter().u8(2).u16(400).u16(offset + head.length + size);
    for (let i = 0; i < 400; i++) array.u8(type).u16(offset);
    array.bytes(Uint8Array.from(head)).bytes(new Uint8Array(size).fill(97));
    assertSharing(array.done());
  }
  // 400 members with one key of 20,000 bytes; their values are null.
  const key = 4 + 400 * 7;
  const object = new ByteWriter().u8(0).u16(400).u16(key + size);
  for (let i = 0; i < 400; i++) object.u16(key).u16(size);
  for (let i = 0; i < 400; i++) object.u8(4).u16(0);
  assertSharing(object.bytes(new Uint8Array(size).fill(97)).done());
  // 400 elements that all are one array of 400 nulls.
  const inner = 4 + 400 * 3;
  const nested = new ByteWriter().u8(2).u16(400).u16(2 * inner);
  for (let i = 0; i < 400; i++) nested.u8(2).u16(inner);
  nested.u16(400).u16(inner);
  for (let i = 0; i < 400; i++) nested.u8(4).u16(0);
  assertSharing(nested.done());
});

Deno.test("character sets are known by their collations", () => {
  for (
    const [id, charset] of [[8, "latin1"], [63, "binary"], [255, "utf8mb4"], [2304, "utf8mb4"], [
      1032,
      "latin1",
    ], [13, "sjis"]] as const
  ) assertEquals(charsetOfCollation(id), charset);
  assertEquals(charsetOfCollation(999), undefined);
  assertEquals(charsetDecoder("latin1")!(bytes("80e4")), "€ä");
  assertEquals(charsetDecoder("utf32")!(bytes("0001f42c")), "🐬");
  assertEquals(charsetDecoder("utf16")!(bytes("d8")), undefined);
});

Deno.test("characters that the servers and the runtime take for different ones are the servers'", () => {
  for (
    const [charset, hex, shown] of [
      ["big5", "c6a1c6fec740c77ec7a1c7f2c7fca55c61", "ヾェエユョ⑩⑽功a"],
      ["big5", "a145a440", "•一"],
      // 0xC7 as the second byte of another character.
      ["big5", "a4c761", "匹a"],
      ["sjis", "815f8160b1", "\\〜ｱ"],
      ["ujis", "a1c1a4a28eb18fb0a1", "〜あｱ丂"],
      ["gb2312", "a1a4b0a1", "・啊"],
      ["koi8u", "95c1", "•а"],
      ["swe7", "687b", "hä"],
      ["swe7", "405b5c5d5e607b7c7d7e41", "ÉÄÖÅÜéäöåüA"],
    ] as const
  ) assertEquals(charsetDecoder(charset)!(bytes(hex)), shown, `${charset} ${hex}`);
  for (
    const [charset, hex] of [["big5", "c8a1"], ["big5", "c7fd"], ["swe7", "e4"], ["big5", "a4"]]
  ) assertEquals(charsetDecoder(charset!)!(bytes(hex!)), undefined, `${charset} ${hex}`);
  assertEquals(keepsAscii("swe7"), false);
  assertEquals(keepsAscii("big5"), true);
});

Deno.test("a user variable is SQL, with its collation where the name is known", () => {
  for (
    const [collation, shown] of [
      [255, "_utf8mb4 0x61 COLLATE utf8mb4_0900_ai_ci"],
      [278, "_utf8mb4 0x61 COLLATE utf8mb4_0900_as_cs"],
      [31, "_latin1 0x61 COLLATE latin1_german2_ci"],
      [54, "_utf16 0x61 COLLATE utf16_general_ci"],
      [63, "_binary 0x61 COLLATE binary"],
      // MySQL's utf8mb4_croatian_ci, MariaDB's utf8mb4_croatian_mysql561_ci.
      [245, "_utf8mb4 0x61"],
      [2310, "_utf8mb4 0x61"],
      [60_000, "0x61"],
    ] as const
  ) {
    const value = { type: 0, collation, bytes: bytes("61"), unsigned: false };
    assertEquals(userVariableValue({ name: "v", value }, "mysql"), shown);
  }
  assertEquals(collationName(17), undefined);
  assertEquals(collationName(124), "utf16_vietnamese_ci");
  assertEquals(collationName(323), "utf8mb4_mn_cyrl_0900_as_cs");
});

Deno.test("IPv6 addresses and geometries are written as usual", () => {
  const address = (hex: string): string => inet6Text(bytes(hex));
  assertEquals(address("20010db8000000000000000000000001"), "2001:db8::1");
  assertEquals(address("00000000000000000000000000000000"), "::");
  assertEquals(address("00010002000300040005000600070008"), "1:2:3:4:5:6:7:8");
  const point = "00000000" + "0101000000" + "000000000000f03f" + "0000000000000040";
  assertEquals(geometryText(bytes(point)), { srid: 0, text: "POINT(1 2)" });
  assertEquals(geometryText(bytes(point.slice(0, -2))), undefined);
});
