import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { OptionValues } from "../../lib/cli/command.ts";
import { dump } from "../../lib/cli/dump.ts";
import { applyOptionFiles } from "../../lib/cli/option_file.ts";
import { UsageError } from "../../lib/errors.ts";
import { withFolder } from "../_pipeline.ts";

/** What a dump gets from an option file with this text; `{dir}` is its folder. */
async function readFile(
  text: string,
  more: Record<string, string> = {},
): Promise<{ options: OptionValues; warnings: string[] }> {
  let read: { options: OptionValues; warnings: string[] } | undefined;
  await withFolder(async (dir) => {
    for (const [name, content] of Object.entries(more)) {
      await Deno.writeTextFile(`${dir}/${name}`, content, { mode: 0o600 });
    }
    const file = `${dir}/my.cnf`;
    await Deno.writeTextFile(file, text.replaceAll("{dir}", dir), { mode: 0o600 });
    const options: OptionValues = { "defaults-file": file };
    const warnings = await applyOptionFiles(dump, options);
    read = { options, warnings };
  });
  return read!;
}

Deno.test("a comment begins at any # outside of quotes, as for the mysql tools", async () => {
  const cases: [string, unknown][] = [
    ["password=secret#comment", "secret"],
    ["password=secret # comment", "secret"],
    ['password="se#cret" # comment', "se#cret"],
    ["password='se#cret'", "se#cret"],
    ['password="se\\"#cret"#x', 'se"#cret'],
  ];
  for (const [line, expected] of cases) {
    const { options } = await readFile(`[client]\n${line}\n`);
    assertEquals(options.password, expected, line);
  }
});

Deno.test("values that mean the default leave it", async () => {
  const text = "[client]\nhost=\nport=0\nsocket=\nuser=\nconnect-timeout=0\npassword=\n";
  const { options } = await readFile(text);
  for (const name of ["host", "port", "socket", "user", "connect-timeout"]) {
    assertEquals(options[name], undefined, name);
  }
  assertEquals(options.password, "");
  assertEquals(options["from-files"], ["password"]);
});

Deno.test("the groups of all clients describe the source and nothing else", async () => {
  const { options } = await readFile(
    "[client]\nuser=u\nheartbeat=abc\ndir=/x\ndatabase=d\n[binlogd]\nheartbeat=3s\n",
  );
  assertEquals([options.user, options.heartbeat, options.dir], ["u", 3000, undefined]);
});

Deno.test("what is included counts, a file may be missing, and a folder may not", async () => {
  const { options } = await readFile(
    "[client]\nuser=first\n!include {dir}/missing.cnf\n!include {dir}/more.cnf\nport=3307\n",
    { "more.cnf": "[client]\nuser=second\n" },
  );
  assertEquals([options.user, options.port], ["second", 3307]);
  const error = await assertRejects(
    () => readFile("[client]\nuser=u\n!includedir {dir}/missing\n"),
    UsageError,
    "my.cnf:3: cannot read",
  );
  assertStringIncludes(error.message, "missing");
});

Deno.test("the case of a group's name says nothing, as for the mysql tools", async () => {
  const { options } = await readFile(
    "[CLIENT]\nuser=u\n[Binlogd ]\nport=3307\n[ client ]\nhost=h\n",
  );
  assertEquals([options.user, options.port, options.host], ["u", 3307, undefined]);
});

Deno.test("a broken group, and what stands before any, are refused, as by the mysql tools", async () => {
  const broken = await assertRejects(() => readFile("[client]\nuser=u\n[client\n"), UsageError);
  assertStringIncludes(broken.message, "my.cnf:3: wrong group");
  assertEquals(broken.details.found, "[client");
  const before = await assertRejects(() => readFile("\n# all\nuser=u\n[client]\n"), UsageError);
  assertStringIncludes(before.message, "my.cnf:3: no group before it");
});

Deno.test("what turns TLS off for MariaDB's clients does so here", async () => {
  const modes: [string, string | undefined][] = [
    ["skip-ssl", "DISABLED"],
    ["skip_ssl", "DISABLED"],
    ["disable-ssl", "DISABLED"],
    ["ssl=0", "DISABLED"],
    ["ssl=OFF", "DISABLED"],
    ["skip-ssl=0", undefined],
    ["ssl=1", undefined],
    ["ssl", undefined],
    ["skip-ssl\nssl-mode=REQUIRED", "REQUIRED"],
    ["ssl-mode=REQUIRED\nskip-ssl", "REQUIRED"],
    ["loose-skip-ssl", "DISABLED"],
    ["skip-ssl\nssl", undefined],
    ["skip-ssl\nssl-ca=ca.pem", undefined],
    ["ssl-cert=c.pem\nssl-key=k.pem\nskip-ssl", undefined],
  ];
  for (const [line, mode] of modes) {
    assertEquals((await readFile(`[client]\n${line}\n`)).options["ssl-mode"], mode, line);
  }
});

Deno.test("a line that turns TLS off for all clients does not undo --ssl-ca of the command line", async () => {
  await withFolder(async (dir) => {
    const file = `${dir}/my.cnf`;
    await Deno.writeTextFile(file, "[client]\nskip-ssl\n");
    for (const more of [{ "ssl-ca": "ca.pem" }, { "ssl-mode": "REQUIRED" }]) {
      const options: OptionValues = { "defaults-file": file, ...more };
      await applyOptionFiles(dump, options);
      assertEquals(options["ssl-mode"], (more as OptionValues)["ssl-mode"]);
    }
  });
});

Deno.test("lines that the mysql tools pass over are passed over", async () => {
  const { options } = await readFile(
    "! include {dir}/more.cnf\n!other thing\n[]\nfoo\n[client]\nuser=u\n",
    { "more.cnf": "[client]\nport=3307\n" },
  );
  assertEquals([options.user, options.port], ["u", 3307]);
});
