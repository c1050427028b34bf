import { assertEquals, assertThrows } from "@std/assert";
import { parseListen } from "../../lib/cli/serve_options.ts";
import { UsageError } from "../../lib/errors.ts";

Deno.test("--listen takes host and port, one of them, or a port alone", () => {
  const cases: [string, string, number][] = [
    ["127.0.0.1:3307", "127.0.0.1", 3307],
    [":3307", "0.0.0.0", 3307],
    ["3307", "127.0.0.1", 3307],
    ["0", "127.0.0.1", 0],
    ["db1", "db1", 3306],
    ["10.0.0.7", "10.0.0.7", 3306],
    ["[::1]:3307", "::1", 3307],
    ["[::]", "::", 3306],
  ];
  for (const [text, hostname, port] of cases) {
    assertEquals(parseListen(text), { hostname, port }, text);
  }
});

Deno.test("--listen names what it can't read as it was given", () => {
  for (const text of ["127.0.0.1:99999", "99999", "3306123", "a:b:1", "host:", "1:x"]) {
    assertThrows(() => parseListen(text), UsageError, `--listen=${text}`);
  }
});
