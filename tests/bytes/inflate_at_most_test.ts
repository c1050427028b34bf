import { assert, assertEquals, assertThrows } from "@std/assert";
import { concat } from "@std/bytes";
import * as zlib from "node:zlib";
import { inflateAtMost } from "../../lib/bytes/inflate_at_most.ts";
import { seededRandom } from "../_split.ts";

const FORMS = [
  { name: "zlib", pack: zlib.deflateSync, options: {} },
  { name: "raw deflate", pack: zlib.deflateRawSync, options: { raw: true } },
];

/** Bytes as a plain array of bytes, whatever class they came in. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

for (const { name, pack, options } of FORMS) {
  Deno.test(`what ${name} packs comes back, of any size, and no byte more than was asked for`, () => {
    const random = seededRandom(3);
    for (const size of [0, 1, 63, 64, 100, 16_384, 40_000, 300_000, 5_000_000]) {
      const mixed = Uint8Array.from({ length: size }, (_, i) => i % 3 ? 65 : random() * 256);
      for (const bytes of [mixed, new Uint8Array(size)]) {
        const packed = pack(bytes);
        assertEquals(plain(inflateAtMost(packed, size, options)), bytes);
        assertEquals(plain(inflateAtMost(packed, size + 7, options)), bytes);
        assertEquals(plain(inflateAtMost(packed, 2 ** 31, options)), bytes);
        // What follows the stream is no part of it.
        const more = concat([packed, Uint8Array.of(1, 2, 3)]);
        assertEquals(plain(inflateAtMost(more, size, options)), bytes);
        if (size === 0) continue;
        assertThrows(() => inflateAtMost(packed, size - 1, options), RangeError);
        const partial = { ...options, partial: true };
        assertThrows(() => inflateAtMost(packed, size - 1, partial), RangeError);
      }
    }
  });

  Deno.test(`the beginning of ${name} gives the beginning of its contents, where asked for`, () => {
    const random = seededRandom(4);
    const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i % 3 ? 65 : random() * 256);
    const packed = pack(bytes);
    let last = 0;
    for (let cut = 0; cut < packed.length; cut += packed.length >> 5) {
      const part = packed.subarray(0, cut);
      const begun = plain(inflateAtMost(part, bytes.length, { ...options, partial: true }));
      assert(begun.length >= last, `cut to ${cut}`);
      assertEquals(begun, bytes.subarray(0, begun.length));
      last = begun.length;
      assertThrows(() => inflateAtMost(part, bytes.length, options), Error);
    }
    assert(last > bytes.length / 2);
  });

  Deno.test(`damaged ${name} throws or gives no more than was asked for`, () => {
    const bytes = Uint8Array.from({ length: 500 }, (_, i) => i % 7 ? 65 : i);
    const packed = pack(bytes);
    for (let at = 0; at < packed.length; at++) {
      for (const mask of [0x01, 0x80, 0xff]) {
        const changed = plain(packed);
        changed[at]! ^= mask;
        try {
          assert(inflateAtMost(changed, 500, options).length <= 500);
        } catch (error) {
          assert(error instanceof Error);
        }
      }
    }
  });
}

Deno.test("damage that the checksum finds throws", () => {
  const packed = plain(zlib.deflateSync(new Uint8Array(1000)));
  packed[packed.length - 1]! ^= 1;
  assertThrows(() => inflateAtMost(packed, 1000), Error, "incorrect data check");
});
