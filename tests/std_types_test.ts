/**
 * types/std.d.ts is written by hand; each function it declares is called here once, so that a wrong
 * name or shape is noticed.
 */
import * as asserts from "@std/assert";
import { concat, copy, endsWith, equals, indexOfNeedle, startsWith } from "@std/bytes";
import { parseArgs } from "@std/cli/parse-args";
import * as toml from "@std/toml";

const { assertEquals, assertThrows } = asserts;

Deno.test("@std/assert has what is declared, and each assertion can fail", async () => {
  const { AssertionError } = asserts;
  const cases: [good: () => void, bad: () => void][] = [
    [() => asserts.assert(true), () => asserts.assert(false)],
    [() => assertEquals([1], [1]), () => assertEquals([1], [2])],
    [() => asserts.assertNotEquals(1, 2), () => asserts.assertNotEquals(1, 1)],
    [() => asserts.assertStrictEquals(1, 1), () => asserts.assertStrictEquals({}, {})],
    [() => asserts.assertExists(0), () => asserts.assertExists(null)],
    [() => asserts.assertGreater(2, 1), () => asserts.assertGreater(1, 1)],
    [() => asserts.assertGreaterOrEqual(1, 1), () => asserts.assertGreaterOrEqual(0, 1)],
    [() => asserts.assertLess(1, 2), () => asserts.assertLess(1, 1)],
    [() => asserts.assertLessOrEqual(1, 1), () => asserts.assertLessOrEqual(2, 1)],
    [() => asserts.assertMatch("a1", /\d/), () => asserts.assertMatch("a", /\d/)],
    [() => asserts.assertStringIncludes("ab", "b"), () => asserts.assertStringIncludes("a", "b")],
    [() => asserts.assertInstanceOf([], Array), () => asserts.assertInstanceOf({}, Array)],
    [
      () => assertThrows(() => asserts.fail(), AssertionError),
      () => assertThrows(() => {}),
    ],
    [() => assertThrows(() => asserts.unreachable()), () => asserts.unreachable()],
  ];
  for (const [good, bad] of cases) {
    good();
    assertThrows(bad, AssertionError);
  }
  await asserts.assertRejects(() => Promise.reject(new TypeError("x")), TypeError, "x");
});

Deno.test("@std/bytes has what is declared", () => {
  const bytes = Uint8Array.of(1, 2, 3);
  const target = new Uint8Array(4);
  assertEquals(concat([bytes, bytes]).length, 6);
  assertEquals(copy(bytes, target, 1), 3);
  assertEquals([...target], [0, 1, 2, 3]);
  assertEquals(startsWith(bytes, Uint8Array.of(1, 2)), true);
  assertEquals(endsWith(bytes, Uint8Array.of(1, 2)), false);
  assertEquals(equals(bytes, Uint8Array.of(1, 2, 3)), true);
  assertEquals(indexOfNeedle(bytes, Uint8Array.of(2, 3)), 1);
});

Deno.test("@std/cli has what is declared", () => {
  const parsed = parseArgs(["--a=1", "--b", "x", "--a=2"], {
    string: ["a"],
    boolean: ["b"],
    collect: ["a"],
  });
  assertEquals(parsed.a, ["1", "2"]);
  assertEquals(parsed.b, true);
  assertEquals(parsed._, ["x"]);
});

Deno.test("@std/toml has what is declared", () => {
  const value = { account: [{ name: "repl", may: ["replicate"] }] };
  assertEquals(toml.parse(toml.stringify(value)), value);
});
