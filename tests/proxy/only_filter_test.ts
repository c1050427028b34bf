import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../lib/errors.ts";
import { parseOnly } from "../../lib/proxy/only_filter.ts";

Deno.test("--only takes its three words, also several, and no others", () => {
  assertEquals([...parseOnly("commands, errors")], ["command", "error"]);
  assertEquals([...parseOnly("events")], ["event", "ack"]);
  for (const text of ["", "all", "commands,", "toString", "constructor", "__proto__"]) {
    assertThrows(() => parseOnly(text), UsageError, "--only");
  }
});
