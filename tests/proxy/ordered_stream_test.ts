import { assertEquals } from "@std/assert";
import { OrderedStream } from "../../lib/proxy/ordered_stream.ts";

/** Feeds one-byte segments 0, 1, 2, … in this order; the bytes that come out, and what is lost. */
function order(sequences: number[]): { bytes: number[]; lost: number } {
  const bytes: number[] = [];
  let lost = 0;
  const stream = new OrderedStream({
    bytes: (part) => bytes.push(...part),
    lost: (size) => lost += size,
  }, 0);
  for (const sequence of sequences) stream.take(sequence, Uint8Array.of(sequence & 0xff), 0, 0);
  stream.end(0);
  return { bytes, lost };
}

Deno.test("a segment that is sent again much later, as on a long way, is not lost", () => {
  const all = Array.from({ length: 1000 }, (_, i) => i);
  const expected = { bytes: all.map((i) => i & 0xff), lost: 0 };
  assertEquals(order(all), expected);
  assertEquals(order([...all.slice(1), 0]), expected);
  assertEquals(order([...all.slice(0, 5), ...all.slice(6), 5]), expected);
  assertEquals(order(all.toReversed()), expected);
});

Deno.test("what never comes is told, and does not hold up the rest for ever", () => {
  const all = Array.from({ length: 6000 }, (_, i) => i + 10);
  const { bytes, lost } = order(all);
  assertEquals({ size: bytes.length, lost }, { size: 6000, lost: 10 });
});
