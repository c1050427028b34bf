import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { IntervalSet } from "../../lib/gtid/interval_set.ts";

const SPAN = 40;
const number = fc.integer({ min: 0, max: SPAN });
const step = fc.tuple(fc.boolean(), number, number);
type Step = [boolean, number, number];

/** The same steps done to ranges and to plain numbers. */
function build(steps: readonly Step[]): { set: IntervalSet; model: Set<number> } {
  const set = new IntervalSet();
  const model = new Set<number>();
  for (const [adds, start, end] of steps) {
    if (adds) set.add(BigInt(start), BigInt(end));
    else set.remove(BigInt(start), BigInt(end));
    for (let i = start; i < end; i++) {
      if (adds) model.add(i);
      else model.delete(i);
    }
  }
  return { set, model };
}

function assertRanges({ set, model }: { set: IntervalSet; model: Set<number> }): void {
  assertEquals(set.count(), BigInt(model.size));
  assertEquals(set.isEmpty, model.size === 0);
  let before = -1n;
  for (const { start, end } of set.ranges) {
    assertEquals(start > before && end > start, true);
    before = end;
  }
  for (let i = 0; i <= SPAN; i++) assertEquals(set.has(BigInt(i)), model.has(i));
}

Deno.test("ranges hold what a plain set of numbers would, sorted and never touching", () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
    const { set, model } = build(steps);
    assertRanges({ set, model });
  }));
});

Deno.test("overlap and cover agree with a plain set of numbers", () => {
  const steps = fc.array(step, { maxLength: 12 });
  fc.assert(fc.property(steps, steps, number, number, (a, b, start, end) => {
    const [x, y] = [build(a), build(b)];
    assertEquals(x.set.covers(y.set), [...y.model].every((i) => x.model.has(i)));
    if (start >= end) return;
    const inside = [...x.model].some((i) => start <= i && i < end);
    assertEquals(x.set.overlaps(BigInt(start), BigInt(end)), inside);
  }));
});

Deno.test("many ranges put in or taken out at once are as one by one", () => {
  const steps = fc.array(step, { maxLength: 30 });
  const ranges = fc.array(fc.tuple(number, number), { maxLength: 30 });
  fc.assert(fc.property(steps, steps, ranges, (a, b, added) => {
    const [x, y] = [build(a), build(b)];
    const given = added.map(([start, end]) => ({ start: BigInt(start), end: BigInt(end) }));
    const kept = structuredClone(given);
    x.set.addAll(given);
    for (const [start, end] of added) for (let i = start; i < end; i++) x.model.add(i);
    assertRanges(x);
    assertEquals(given, kept);
    const before = y.set.clone();
    x.set.removeAll(y.set);
    for (const i of y.model) x.model.delete(i);
    assertRanges(x);
    assertEquals(y.set.ranges, before.ranges);
    x.set.removeAll(x.set);
    assertEquals(x.set.ranges, []);
  }));
});

Deno.test("a copy of ranges does not follow the one it was made of", () => {
  const { set } = build([[true, 1, 5]]);
  const copy = set.clone();
  set.add(5n, 9n);
  set.remove(1n, 2n);
  assertEquals(copy.ranges, [{ start: 1n, end: 5n }]);
});

Deno.test("to take away a number looks at few of many ranges", () => {
  const set = new IntervalSet();
  for (let i = 0n; i < 10_000n; i++) set.add(i * 10n, i * 10n + 5n);
  let looks = 0;
  for (const range of set.ranges) {
    for (const name of ["start", "end"] as const) {
      const value = range[name];
      Object.defineProperty(range, name, { get: () => (looks++, value) });
    }
  }
  set.remove(50_002n, 50_003n);
  assert(looks < 40, `looked ${looks} times`);
  assertEquals([50_001n, 50_002n, 50_003n].map((one) => set.has(one)), [true, false, true]);
});
