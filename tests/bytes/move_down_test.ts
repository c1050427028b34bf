import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { moveDown } from "../../lib/bytes/move_down.ts";

Deno.test("bytes move down as with copyWithin, whatever their size and distance", () => {
  const places = fc.record({
    to: fc.nat(40),
    distance: fc.integer({ min: 1, max: 40 }),
    size: fc.nat(600),
  });
  fc.assert(fc.property(places, ({ to, distance, size }) => {
    const bytes = Uint8Array.from({ length: 700 }, (_, i) => i * 37 + (i >> 8));
    const wanted = bytes.slice().copyWithin(to, to + distance, to + distance + size);
    moveDown(bytes, new DataView(bytes.buffer), to, to + distance, size);
    assertEquals(bytes, wanted);
  }));
});
