import { assertEquals } from "@std/assert";
import { compareSizes, readSourceFiles } from "../../lib/inspect/against_sizes.ts";
import type { FileReport } from "../../lib/inspect/verify_file.ts";

function reports(...sizes: number[]): FileReport[] {
  return sizes.map((size, i) => ({ file: `b.00000${i + 1}`, size }) as FileReport);
}

function compare(ours: FileReport[], theirs: [string, string, string?][]): string[] {
  return compareSizes(ours, readSourceFiles(theirs)).map(({ code, file }) => `${file} ${code}`);
}

Deno.test("closed files must be as large as the source's, less the header of encrypted ones", () => {
  const source: [string, string, string?][] = [
    ["b.000001", "1512", "Yes"],
    ["b.000002", "2000", "No"],
    ["b.000003", "700", "No"],
  ];
  assertEquals(compare(reports(1000, 2000, 400), source), []);
  assertEquals(compare(reports(1512, 2000, 400), source), ["b.000001 source-size"]);
  assertEquals(compare(reports(1000, 1999, 400), source), ["b.000002 source-size"]);
  assertEquals(compare(reports(1000, 2001, 400), source.map(([name, size]) => [name, size])), [
    "b.000001 source-size",
    "b.000002 source-size",
  ]);
});

Deno.test("a store may be behind its source, and the source may have purged", () => {
  const source: [string, string][] = [["b.000002", "2000"], ["b.000003", "700"], ["b.000004", "9"]];
  assertEquals(compare(reports(1000, 1500), source), [
    "b.000001 source-missing",
    "b.000002 behind",
    "b.000003 behind",
  ]);
  assertEquals(compare(reports(1000, 2000, 701, 50), source), [
    "b.000001 source-missing",
    "b.000003 source-size",
  ]);
});
