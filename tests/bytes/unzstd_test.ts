import { assertEquals, assertThrows } from "@std/assert";
import * as zlib from "node:zlib";
import { unzstd } from "../../lib/bytes/unzstd.ts";
import { ZSTD_WINDOW_MAX, zstdWindow } from "../../lib/bytes/zstd_window.ts";
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

Deno.test("the memory that a window may take has a limit, to the byte", () => {
  const packed = zstdCompressSync(new Uint8Array(1000));
  const windowed = (byte: number): Uint8Array => Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, byte);
  assertEquals(zstdWindow(windowed(17 << 3)), ZSTD_WINDOW_MAX);
  assertEquals(zstdWindow(windowed((17 << 3) + 1)), ZSTD_WINDOW_MAX / 8 * 9);
  assertEquals(zstdWindow(windowed(3)), 1024 / 8 * 11);
  assertEquals(zstdWindow(packed.subarray(1)), undefined);
});

Deno.test("each frame is looked at before a decoder sees it", () => {
  const random = seededRandom(5);
  for (const size of [0, 5, 7000, 40_000]) {
    const bytes = Uint8Array.from({ length: size }, () => random() * 4);
    const packed = zstdCompressSync(bytes);
    const twice = unzstd(Uint8Array.of(...packed, ...packed), 2 * size);
    assertEquals(twice, Uint8Array.of(...bytes, ...bytes));
    for (const rest of [[0], [0x28, 0xb5, 0x2f, 0xfd, 0, 21 << 3, 1, 0, 0]]) {
      const more = Uint8Array.of(...packed, ...rest);
      assertThrows(() => unzstd(more, size * 2), RangeError, "too large");
    }
    assertThrows(() => unzstd(packed.subarray(0, packed.length - 1), size), RangeError);
  }
});
