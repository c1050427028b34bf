import { assert, assertEquals } from "@std/assert";
import { Backoff } from "../../lib/source/backoff.ts";
import { seededRandom } from "../_split.ts";

Deno.test("pauses double up to the longest, and random decides over half of each", () => {
  const shortest = new Backoff({ firstMs: 100, maxMs: 1000, random: () => 0 });
  const longest = new Backoff({ firstMs: 100, maxMs: 1000, random: () => 1 });
  const middle = new Backoff({ firstMs: 100, maxMs: 1000, random: () => 0.5 });
  const six = (backoff: Backoff): number[] => Array.from({ length: 6 }, () => backoff.next());
  assertEquals(six(shortest), [50, 100, 200, 400, 500, 500]);
  assertEquals(six(longest), [100, 200, 400, 800, 1000, 1000]);
  assertEquals(six(middle), [75, 150, 300, 600, 750, 750]);
});

Deno.test("pauses stay within their bounds for ever, and differ", () => {
  const backoff = new Backoff({ random: seededRandom(7) });
  const pauses = Array.from({ length: 5000 }, () => backoff.next());
  pauses.forEach((ms, index) => {
    const full = Math.min(30_000, 200 * 2 ** index);
    assert(ms >= full / 2 && ms <= full, `pause ${index}: ${ms}`);
  });
  assert(new Set(pauses.slice(20).map(Math.round)).size > 2000, "no jitter");
  assertEquals(backoff.tries, 5000);
});

Deno.test("a success begins anew", () => {
  const backoff = new Backoff({ firstMs: 10, random: () => 1 });
  for (let i = 0; i < 5; i++) backoff.next();
  assertEquals(backoff.tries, 5);
  backoff.reset();
  assertEquals([backoff.tries, backoff.next(), backoff.next()], [0, 10, 20]);
});
