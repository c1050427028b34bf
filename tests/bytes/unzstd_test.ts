import { assertEquals, assertThrows } from "@std/assert";
import * as zlib from "node:zlib";
import { unzstd } from "../../lib/bytes/unzstd.ts";
import { seededRandom } from "../_split.ts";

const { zstdCompressSync } = zlib as unknown as {
  zstdCompressSync(bytes: Uint8Array): Uint8Array;
};

Deno.test("what zstd packs comes back, of any size, and no byte more than was asked for", () => {
  const random = seededRandom(3);
  for (const size of [0, 1, 100, 40_000, 300_000, 5_000_000]) {
    const bytes = Uint8Array.from({ length: size }, (_, i) => i % 3 ? 65 : random() * 256);
    const packed = zstdCompressSync(bytes);
    assertEquals(unzstd(packed, size), bytes);
    assertEquals(unzstd(packed, size + 7), bytes);
    if (size > 0) assertThrows(() => unzstd(packed, size - 1), RangeError);
  }
});

Deno.test("a frame that asks for too much memory, or is none, is refused before it gets any", () => {
  const packed = zstdCompressSync(new Uint8Array(1000));
  for (const head of [[0], [0x28, 0xb5, 0x2f, 0xfd, 0xc0 | 0x20, ...Array(8).fill(0x7f)]]) {
    const bytes = packed.slice();
    bytes.set(head);
    assertThrows(() => unzstd(bytes, 1000), RangeError, "too large");
  }
});
