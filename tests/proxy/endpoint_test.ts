import { assert, assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../lib/errors.ts";
import { parseEndpoint } from "../../lib/proxy/endpoint.ts";

Deno.test("an address is a host, a port, both, or the path of a socket", () => {
  const cases: [string, unknown][] = [
    ["3308", { hostname: "127.0.0.1", port: 3308 }],
    ["db1", { hostname: "db1", port: 3306 }],
    ["db1:3307", { hostname: "db1", port: 3307 }],
    ["[::1]:3307", { hostname: "::1", port: 3307 }],
    ["/run/mysqld.sock", { socket: "/run/mysqld.sock" }],
  ];
  for (const [text, expected] of cases) assertEquals(parseEndpoint(text) as unknown, expected);
});

Deno.test("what is no address is refused, without a password that may be in it", () => {
  for (
    const text of ["", "db1:x", "db1:65536", "::1", "repl:hunter2@db1", "a:hunter2@b:hunter2@c"]
  ) {
    const error = assertThrows(() => parseEndpoint(text), UsageError, "Cannot read address");
    assert(!JSON.stringify([error.message, error.details]).includes("hunter2"), error.message);
  }
});
