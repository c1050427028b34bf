import {
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { UsageError } from "../../lib/errors.ts";
import type { CommandContext, OptionValues } from "../../lib/cli/command.ts";
import { redactUrl } from "../../lib/cli/redact_url.ts";
import { parseSourceUrl, readSourceOptions } from "../../lib/cli/source_options.ts";
import { Logger } from "../../lib/log.ts";
import { SELF_SIGNED_CERT } from "../../lib/source/self_signed.ts";
import type { SourceOptions } from "../../lib/source/source_options.ts";
import { binlogd } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";

function contextOf(positionals: string[], options: OptionValues = {}): CommandContext {
  return {
    positionals,
    options,
    log: new Logger({ write: () => {} }),
    signal: new AbortController().signal,
    stdout: () => {},
    terminal: false,
  };
}

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

Deno.test("what a source's URL would leave out is refused, and not shown", () => {
  const wrong: [string, RegExp, RegExp][] = [
    ["mysql://u@h:1/?ssl-mode=VERIFY_CA", /nothing after \? or #/, /give --ssl-mode as an option$/],
    ["mysql://u@h:1?ssl_ca=x&SSL-MODE=y", /nothing after \? or #/, /give --ssl-mode, --ssl-ca as/],
    ["mysql://u@h/?secret", /nothing after \? or #/, /give --ssl-mode and such as/],
    ["mysql://u@h?", /nothing after \? or #/, /as an option$/],
    ["mysql://u@[::1]#secret", /nothing after \? or #/, /as an option$/],
    ["mysql://u@/run/s?ssl-mode=REQUIRED", /nothing after \? or #/, /write %3F/],
    ["mysql://u@localhost/run/secret.sock", /no path after the host/, /--socket/],
    ["mysql://u@h:1/secret", /no path after the host/, /not a database/],
  ];
  for (const [url, text, hint] of wrong) {
    const error = assertThrows(() => parseSourceUrl(url), UsageError);
    assertMatch(error.message, text, url);
    assertMatch(error.details.hint!, hint, url);
    assertEquals(`${error.message} ${error.details.hint}`.includes("secret"), false, url);
  }
  assertEquals(parseSourceUrl("mysql://u@h:1/"), { user: "u", host: "h", port: 1 });
  assertEquals(parseSourceUrl("mysql://u@/run/a%3fb%23"), { user: "u", socket: "/run/a?b#" });
  assertEquals(parseSourceUrl("mysql://u:a?b#c/d@h"), {
    user: "u",
    password: "a?b#c/d",
    host: "h",
  });
});

Deno.test("an empty place on the command line is an error, in an option file the default", async () => {
  for (const name of ["host", "socket"]) {
    for (const words of [[], ["mysql://u@h"]]) {
      const asked = contextOf(words, { [name]: "" });
      await assertRejects(() => readSourceOptions(asked), UsageError, `--${name} is empty`);
    }
    const filed = { [name]: "", user: "", "from-files": [name, "user"] };
    const { host, socket, user } = await readSourceOptions(contextOf(["mysql://h"], filed));
    assertEquals([host, socket, user], ["h", undefined, Deno.env.get("USER") ?? "root"]);
    await assertRejects(() => readSourceOptions(contextOf([], filed)), UsageError, "No source");
  }
});

Deno.test("a port is 1 to 65535, a time to connect what a timer takes", async () => {
  const wrong: [string, OptionValues][] = [
    ["mysql://u@h:0", {}],
    ["mysql://u@h:99999", {}],
    ["mysql://u@h", { port: 0 }],
    ["mysql://u@h", { port: 65536 }],
    ["mysql://u@h", { port: -1 }],
    ["mysql://u@h", { "connect-timeout": 30 * 86_400_000 }],
    ["mysql://u@h", { "connect-timeout": 0 }],
  ];
  for (const [url, options] of wrong) {
    await assertRejects(() => readSourceOptions(contextOf([url], options)), UsageError, "use --");
  }
  const { host, port } = await readSourceOptions(contextOf(["mysql://u@h:65535"]));
  assertEquals([host, port], ["h", 65535]);
});

Deno.test("an authority that is given is looked at, unless the mode says otherwise", async () => {
  const modeOf = async (options: OptionValues): Promise<string> =>
    (await readSourceOptions(contextOf(["mysql://u@h"], options))).sslMode;
  assertEquals(await modeOf({}), "PREFERRED");
  await withFolder(async (dir) => {
    const ca = `${dir}/ca.pem`;
    await Deno.writeTextFile(ca, SELF_SIGNED_CERT);
    assertEquals(await modeOf({ "ssl-ca": ca }), "VERIFY_CA");
    assertEquals(await modeOf({ "ssl-ca": ca, "ssl-mode": "required" }), "REQUIRED");
  });
  for (const half of ["ssl-cert", "ssl-key"]) {
    await assertRejects(() => modeOf({ [half]: "x.pem" }), UsageError, "only together");
  }
});

Deno.test("a file named for TLS that is of no use is a wrong command line, where it is used", async () => {
  const connect = (options: OptionValues): Promise<unknown> =>
    readSourceOptions(contextOf(["mysql://u@h"], options));
  const cert = { "ssl-cert": "/nonexistent/c.pem", "ssl-key": "/nonexistent/k.pem" };
  const wrong: [OptionValues, string][] = [
    [{ "ssl-ca": "/nonexistent/ca.pem" }, "Cannot read --ssl-ca /nonexistent/ca.pem"],
    [cert, "Cannot read --ssl-cert /nonexistent/c.pem"],
    [{ "ssl-ca": new URL(import.meta.url).pathname }, "it is no PEM file"],
  ];
  for (const [options, text] of wrong) {
    await assertRejects(() => connect(options), UsageError, text);
    await connect({ ...options, "ssl-mode": "DISABLED" });
  }
  const local = (options: OptionValues): Promise<SourceOptions> =>
    readSourceOptions(contextOf(["mysql://u@/run/mysqld.sock"], options));
  assertEquals((await local(cert)).socket, "/run/mysqld.sock");
  await assertRejects(() => local({ ...cert, "ssl-mode": "REQUIRED" }), UsageError, "--ssl-cert");
});

Deno.test("a password without a value in an option file is asked for, as -p is", async () => {
  await withFolder(async (dir) => {
    await Deno.writeTextFile(`${dir}/pw`, "of its file\n", { mode: 0o600 });
    const run = async (text: string, ...words: string[]): Promise<string> => {
      await Deno.writeTextFile(`${dir}/my.cnf`, text, { mode: 0o600 });
      const args = ["events", `--defaults-file=${dir}/my.cnf`, "mysql://u@127.0.0.1:1", ...words];
      return (await binlogd(args)).stderr;
    };
    const asked = await run("[client]\npassword\n");
    assertStringIncludes(asked, "An option file has password without a value, and no terminal");
    const goOn = "Cannot connect to 127.0.0.1:1";
    assertStringIncludes(await run("[client]\npassword\n", `--password-file=${dir}/pw`), goOn);
    assertStringIncludes(await run("[client]\npassword\n[binlogd]\npassword=x\n"), goOn);
    assertStringIncludes(await run("[client]\npassword=\n"), goOn);
    const extra = await run("[client]\npassword\n", "more");
    assertStringIncludes(extra, "Unexpected argument more");
  });
});

Deno.test("the password of an option file goes before MYSQL_PWD", async () => {
  const passwordOf = async (options: OptionValues): Promise<string | undefined> =>
    (await readSourceOptions(contextOf(["mysql://u@h"], options))).password;
  const before = Deno.env.get("MYSQL_PWD");
  Deno.env.set("MYSQL_PWD", "of the environment");
  try {
    const fromFile = { password: "of the file", "password-from-file": true };
    assertEquals(await passwordOf(fromFile), "of the file");
    assertEquals(await passwordOf({}), "of the environment");
  } finally {
    if (before === undefined) Deno.env.delete("MYSQL_PWD");
    else Deno.env.set("MYSQL_PWD", before);
  }
});

Deno.test("the command line wins over option files, its URL too", async () => {
  const all = { host: "file", port: 1, user: "filed", socket: "/file" };
  const placeOf = async (words: string[], options: OptionValues): Promise<unknown[]> => {
    const { user, host, port, socket } = await readSourceOptions(contextOf(words, options));
    return [user, host, port, socket];
  };
  const files = (...names: (keyof typeof all)[]): OptionValues => ({
    ...Object.fromEntries(names.map((name) => [name, all[name]])),
    "from-files": names,
  });
  const user = Deno.env.get("USER") ?? "root";
  const cases: [string[], OptionValues, unknown[]][] = [
    [["mysql://u@h:7"], files("host", "port", "user", "socket"), ["u", "h", 7, undefined]],
    [["mysql://u@localhost:7"], files("socket"), ["u", "localhost", 7, undefined]],
    [["mysql://h"], files("user", "port"), ["filed", "h", 1, undefined]],
    [["mysql://u@/run/s"], files("host", "port", "socket"), ["u", undefined, undefined, "/run/s"]],
    [[], files("host", "port", "user"), ["filed", "file", 1, undefined]],
    [[], { ...files("port", "user"), host: "named" }, ["filed", "named", 1, undefined]],
    [["mysql://u@h:7"], { ...files("port"), user: "named" }, ["named", "h", 7, undefined]],
    [[], { ...files("host", "port"), socket: "/named" }, [user, undefined, undefined, "/named"]],
    [[], { ...files("socket"), host: "named" }, [user, "named", 3306, undefined]],
    [[], { ...files("socket"), host: "localhost" }, [user, undefined, undefined, "/file"]],
  ];
  for (const [words, options, expected] of cases) {
    assertEquals(await placeOf(words, options), expected, `${words} ${JSON.stringify(options)}`);
  }
});
