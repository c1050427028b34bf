import { assertEquals } from "@std/assert";
import { isBeyondFile } from "../../lib/store/is_beyond_file.ts";

Deno.test("only files of the same base are before or behind each other", () => {
  const cases: [string, string, boolean][] = [
    ["binlog.000003", "binlog.000002", true],
    ["binlog.000002", "binlog.000002", false],
    ["binlog.000001", "binlog.000002", false],
    ["binlog.1000000", "binlog.999999", true],
    ["mysql-bin.000003", "binlog.000002", false],
    ["noise", "binlog.000002", false],
  ];
  for (const [file, other, expected] of cases) {
    assertEquals(isBeyondFile(file, other), expected, `${file} ${other}`);
  }
});
