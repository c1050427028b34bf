import { assert, assertEquals, assertThrows } from "@std/assert";
import { concat } from "@std/bytes";
import * as zlib from "node:zlib";
import { beginUnzstd } from "../../lib/bytes/begin_unzstd.ts";
import { seededRandom } from "../_split.ts";

// Not in the types of every Deno that runs this.
const { zstdCompressSync } = zlib as unknown as {
  zstdCompressSync(bytes: Uint8Array): Uint8Array;
};

Deno.test("the beginning of a frame gives the beginning of its contents", () => {
  const random = seededRandom(5);
  for (const size of [1, 100, 40_000, 300_000, 1_000_000]) {
    const bytes = Uint8Array.from({ length: size }, (_, i) => i % 3 ? 65 : random() * 256);
    const packed = zstdCompressSync(bytes);
    let last = 0;
    for (let cut = 0; cut <= packed.length; cut += Math.max(1, packed.length >> 5)) {
      const begun = beginUnzstd(packed.subarray(0, cut), size);
      assert(begun.length >= last, `${size}, cut to ${cut}`);
      assertEquals(begun, bytes.subarray(0, begun.length));
      last = begun.length;
    }
    if (size >= 300_000) assert(last > size / 2);
    assertEquals(beginUnzstd(concat([packed, packed, bytes.subarray(0, 50)]), size), bytes);
  }
});

Deno.test("what begins no frame, or gives more than it may, is refused", () => {
  const packed = zstdCompressSync(new Uint8Array(100_000));
  assertThrows(() => beginUnzstd(packed.subarray(1), 100_000), RangeError, "no zstd frame");
  assertThrows(() => beginUnzstd(packed, 99_999), RangeError);
});
