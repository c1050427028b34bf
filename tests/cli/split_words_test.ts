import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { splitWords } from "../../lib/cli/split_words.ts";
import { UsageError } from "../../lib/errors.ts";

Deno.test("words are cut at blanks outside of quotes", () => {
  const cases: [string, string[]][] = [
    ["gzip -k", ["gzip", "-k"]],
    ["  gzip\t -k ", ["gzip", "-k"]],
    [`'/opt/my tools/keep' --to "a b"`, ["/opt/my tools/keep", "--to", "a b"]],
    [`a\\ b 'c\\d' "e\\"f" ''`, ["a b", "c\\d", 'e"f', ""]],
    [`sh -c 'gzip < "$1" > /backup/"$(basename "$1")".gz' keep`, [
      "sh",
      "-c",
      'gzip < "$1" > /backup/"$(basename "$1")".gz',
      "keep",
    ]],
    [`a"b c"d`, ["ab cd"]],
    [`"\\$HOME \\n \\\\ \\\`"`, ["$HOME \\n \\ `"]],
    ["a\u00a0b c", ["a\u00a0b", "c"]],
  ];
  for (const [text, words] of cases) assertEquals(splitWords("--on-close", text), words, text);
});

Deno.test("what has no end, or no word, is refused by its name", () => {
  for (const text of ["", "  ", "'a", 'a "b', "a\\", "'' a"]) {
    assertThrows(() => splitWords("--on-close", text), UsageError, "--on-close");
  }
});

Deno.test("quoted words come back as they were", () => {
  const word = fc.string({ minLength: 1, unit: "grapheme" });
  fc.assert(fc.property(fc.array(word, { minLength: 1 }), (words) => {
    const text = words.map((one) => `'${one.replaceAll("'", `'"'"'`)}'`).join(" ");
    assertEquals(splitWords("x", text), words);
  }));
});
