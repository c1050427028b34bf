import { assertEquals, assertThrows } from "@std/assert";
import { concat } from "@std/bytes";
import * as zlib from "node:zlib";
import { unpackMariadb } from "../../lib/binlog/mariadb_compression.ts";
import { unpackCompressedColumn } from "../../lib/binlog/values/compressed_column.ts";
import { FormatError } from "../../lib/errors.ts";

/** The head of what is packed: its first byte, and four bytes for the size. */
function head(mark: number, size: number): Uint8Array {
  return Uint8Array.of(mark | 4, size >>> 24, size >>> 16, size >>> 8, size);
}

const column = (bytes: Uint8Array): Uint8Array => unpackCompressedColumn(bytes, 0, bytes.length);
const FORMS = [
  { name: "a statement or rows", mark: 0x80, pack: zlib.deflateSync, unpack: unpackMariadb },
  { name: "a column", mark: 0x80, pack: zlib.deflateSync, unpack: column },
  { name: "a column without zlib header", mark: 0x88, pack: zlib.deflateRawSync, unpack: column },
];

for (const { name, mark, pack, unpack } of FORMS) {
  Deno.test(`${name} is unpacked, but to no byte more than its head says`, () => {
    const made = (size: number, packed: Uint8Array): Uint8Array =>
      new Uint8Array(unpack(concat([head(mark, size), packed])));
    for (const size of [0, 1, 5000, 200_000]) {
      const bytes = Uint8Array.from({ length: size }, (_, i) => i & 0x1f);
      const packed = pack(bytes);
      assertEquals(made(size, packed), bytes);
      assertThrows(() => made(size + 1, packed), FormatError, "came out, not");
      // No count of what came out: that would be known only once all of it was in memory.
      if (size > 0) assertThrows(() => made(size - 1, packed), FormatError, "stream is damaged");
    }
    const bomb = pack(new Uint8Array(50_000_000));
    for (const said of [0, 1, 100, 49_999_999]) {
      assertThrows(() => made(said, bomb), FormatError, "stream is damaged");
    }
    assertThrows(() => made(2 ** 31 - 1, bomb), FormatError, "more than fit in memory");
  });
}
