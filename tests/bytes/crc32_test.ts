import { assertEquals } from "@std/assert";
import { crc32, crc32Range } from "../../lib/bytes/crc32.ts";

const CHECK = new TextEncoder().encode("123456789");

Deno.test("crc32 and crc32Range give the check value of CRC-32", () => {
  assertEquals(crc32(CHECK), 0xcbf43926);
  assertEquals(crc32Range(CHECK, 0, CHECK.length), 0xcbf43926);
});

Deno.test("crc32Range equals crc32 for every size and place, and crc32 goes on from a seed", () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => (i * 167 + (i >> 3)) & 255);
  for (let size = 0; size < 300; size++) {
    for (const start of [0, 1, 7, 500]) {
      const view = bytes.subarray(start, start + size);
      assertEquals(crc32Range(bytes, start, start + size), crc32(view), `${size} at ${start}`);
      const cut = size >> 1;
      assertEquals(crc32(view.subarray(cut), crc32(view.subarray(0, cut))), crc32(view));
    }
  }
});
