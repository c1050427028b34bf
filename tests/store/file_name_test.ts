import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseBinlogFileName } from "../../lib/store/file_name.ts";

Deno.test("six or more digits after the last dot are the number", () => {
  assertEquals(parseBinlogFileName("binlog.000001"), { base: "binlog", sequence: 1 });
  assertEquals(parseBinlogFileName("mysql-bin.1000000"), { base: "mysql-bin", sequence: 1e6 });
  assertEquals(parseBinlogFileName("a.000001.000002"), { base: "a.000001", sequence: 2 });
  assertEquals(parseBinlogFileName("b.2147483647"), { base: "b", sequence: 2147483647 });
  assertEquals(parseBinlogFileName("blähäb log.000009")?.base, "blähäb log");
  for (const name of ["binlog", "binlog.", "binlog.12345", "binlog.00000a", "binlog.000001.gz"]) {
    assertEquals(parseBinlogFileName(name), undefined, name);
  }
});

Deno.test("999999 is followed by 1000000, as the numbers are and the text is not", () => {
  const names = ["binlog.1000000", "binlog.999999", "binlog.999998", "binlog.1000001"];
  const ordered = names.toSorted((a, b) =>
    parseBinlogFileName(a)!.sequence - parseBinlogFileName(b)!.sequence
  );
  assertEquals(ordered, ["binlog.999998", "binlog.999999", "binlog.1000000", "binlog.1000001"]);
});

Deno.test("names that leave the folder, hide, or are our own are refused", () => {
  for (
    const name of [
      "/binlog.000001",
      "../binlog.000001",
      "a/../b.000001",
      "a\\b.000001",
      "..000001",
      "...000001",
      ".binlog.000001",
      "binlogd.000001",
      "binlogd.identity.json.000001",
      "binlogd000.000001",
    ]
  ) assertEquals(parseBinlogFileName(name), undefined, name);
  assert(parseBinlogFileName("Binlogd.000001"));
  assert(parseBinlogFileName("my-binlogd.000001"));
});

Deno.test("control characters are refused wherever they stand", () => {
  const controls = [...Array(32).keys(), 127, ...Array.from({ length: 32 }, (_, i) => 128 + i)];
  for (const code of controls) {
    const char = String.fromCharCode(code);
    for (const name of [`${char}b.000001`, `b${char}b.000001`, `b.000001${char}`]) {
      assertEquals(parseBinlogFileName(name), undefined, JSON.stringify(name));
    }
  }
});

Deno.test("characters that hide what a name says are refused", () => {
  for (const char of ["\u2028", "\u2029", "\u202a", "\u202e", "\u2066", "\u2069"]) {
    for (const name of [`${char}b.000001`, `b${char}b.000001`]) {
      assertEquals(parseBinlogFileName(name), undefined, JSON.stringify(name));
      assertEquals(parseBinlogFileName(name), undefined, "and the second time");
    }
  }
  assert(parseBinlogFileName("b‐b.000001"));
});

Deno.test("names longer than a file system takes, and numbers without order, are refused", () => {
  assert(parseBinlogFileName(`${"x".repeat(248)}.000001`));
  assertEquals(parseBinlogFileName(`${"x".repeat(249)}.000001`), undefined);
  assertEquals(parseBinlogFileName(`${"ä".repeat(125)}.000001`), undefined);
  assertEquals(parseBinlogFileName("binlog.9007199254740992"), undefined);
  assertEquals(parseBinlogFileName("binlog.9007199254740993"), undefined);
});

Deno.test("what is taken is a plain name, whatever the text", () => {
  const text = fc.array(fc.constantFrom(..."ab./\\\0\n\x1b\x9b0199é🙂"), { maxLength: 30 })
    .map((parts) => parts.join(""));
  fc.assert(fc.property(text, (base) => {
    const name = `${base}.000012`;
    const parsed = parseBinlogFileName(name);
    if (!parsed) return;
    assertEquals(parsed, { base, sequence: 12 });
    assertEquals(new URL(`file:///dir/${encodeURIComponent(name)}`).pathname.split("/").length, 3);
    assert(!name.includes("/") && !name.includes("\n") && !name.startsWith("."));
  }));
});
