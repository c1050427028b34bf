import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../lib/errors.ts";
import { parseSourceUrl, redactUrl } from "../../lib/cli/source_options.ts";

Deno.test("parseSourceUrl takes hosts, ports, IPv6, sockets and escaped passwords", () => {
  assertEquals(parseSourceUrl("mysql://repl@db1:3307"), { user: "repl", host: "db1", port: 3307 });
  assertEquals(parseSourceUrl("mysql://repl@[::1]:3306"), {
    user: "repl",
    host: "::1",
    port: 3306,
  });
  assertEquals(parseSourceUrl("mysql://repl@/run/mysqld/mysqld.sock"), {
    user: "repl",
    socket: "/run/mysqld/mysqld.sock",
  });
  assertEquals(parseSourceUrl("mariadb://r:p%40ss%2f@h"), {
    user: "r",
    password: "p@ss/",
    host: "h",
  });
  assertEquals(parseSourceUrl("mysql://h"), { host: "h" });
});

Deno.test("an unreadable source is named without its password", () => {
  for (
    const url of ["mysql://r:topsecret@h:port", "http://r:topsecret@h", "mysql://r:topsecret%zz@h"]
  ) {
    const error = assertThrows(() => parseSourceUrl(url), UsageError);
    assertEquals(error.message.includes("topsecret"), false, error.message);
  }
  assertEquals(redactUrl("mysql://r:a@b@h:1"), "mysql://r@h:1");
});
