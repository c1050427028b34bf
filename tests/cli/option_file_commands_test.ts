/** Option files of one command beside the command lines of others. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { Command, OptionValues } from "../../lib/cli/command.ts";
import { parseCommandLine } from "../../lib/cli/args.ts";
import { COMMANDS } from "../../lib/cli/commands.ts";
import { withLogOptions } from "../../lib/cli/log_options.ts";
import { applyOptionFiles } from "../../lib/cli/option_file.ts";
import { UsageError } from "../../lib/errors.ts";
import { Logger } from "../../lib/log.ts";
import { binlogd } from "../_binlogd.ts";
import { FileBuilder } from "../_events.ts";
import { withFolder } from "../_pipeline.ts";

async function load(name: string): Promise<Command> {
  return withLogOptions(await COMMANDS.find((entry) => entry.name === name)!.load());
}

/** Runs a command in this process with an option file of this text. */
async function run(dir: string, text: string, words: string[]): Promise<[number, string]> {
  const file = `${dir}/my.cnf`;
  await Deno.writeTextFile(file, text, { mode: 0o600 });
  const [name, ...rest] = words;
  const command = await load(name!);
  const { positionals, options } = parseCommandLine(command, [`--defaults-file=${file}`, ...rest]);
  await applyOptionFiles(command, options);
  let out = "";
  const decoder = new TextDecoder();
  const code = await command.run({
    positionals,
    options,
    log: new Logger({ write: () => {} }),
    signal: new AbortController().signal,
    stdout: (data) => out += typeof data === "string" ? data : decoder.decode(data),
    terminal: false,
  });
  return [code, out];
}

Deno.test("a file of the usual places that can't be read is told of", async () => {
  await withFolder(async (home) => {
    // A folder in its place can be read by nobody, the superuser included.
    await Deno.mkdir(`${home}/.my.cnf`);
    const { stderr } = await binlogd(["list", home], { HOME: home });
    assertStringIncludes(stderr, `${home}/.my.cnf can't be read`);
  });
});

/** A folder with one binlog file of this base name. */
async function makeFolder(dir: string, base: string): Promise<void> {
  await Deno.mkdir(dir);
  const name = `${base}.000001`;
  const bytes = new FileBuilder(name).format().transaction(1).rotate(`${base}.000002`).bytes();
  await Deno.writeFile(`${dir}/${name}`, bytes);
}

Deno.test("a folder on the command line takes the place of an option file's", async () => {
  await withFolder(async (dir) => {
    await makeFolder(`${dir}/filed`, "filed");
    await makeFolder(`${dir}/named`, "named");
    const text = `[binlogd]\ndir=${dir}/filed\n`;
    for (const words of [["list"], ["find", "--position=named.000001:200"], ["verify"]]) {
      const [, out] = await run(dir, text, [...words, `${dir}/named`]);
      assertStringIncludes(out, "named.000001", words[0]);
      assertEquals(out.includes("filed"), false, out);
    }
    const [, one] = await run(dir, text, ["verify", `${dir}/named/named.000001`]);
    assertStringIncludes(one, "\n1 file,");
    for (const words of [["list"], ["verify"]]) {
      assertStringIncludes((await run(dir, text, words))[1], "filed.000001", words[0]);
      const [, out] = await run(dir, text, [...words, "--dir", `${dir}/named`]);
      assertEquals(out.includes("filed"), false, out);
    }
    const both = ["list", "--dir", `${dir}/filed`, `${dir}/named`];
    await assertRejects(() => run(dir, "", both), UsageError, "Only one folder");
  });
});

Deno.test("a dump's settings are no filter of events, and a source's no account", async () => {
  await withFolder(async (dir) => {
    await makeFolder(`${dir}/b`, "b");
    const text = "[client]\nhost=db1\npassword-file=none\n[binlogd]\nserver-id=77\nfollow\n" +
      "host=db1\nuser=repl\npassword-file=none\nstart-file=b.000007\nstop-position=4\n" +
      "stop-datetime=2001-01-01\n";
    const [, plain] = await run(dir, "", ["events", `${dir}/b`]);
    assert(plain.split("\n").length > 3, plain);
    assertEquals((await run(dir, text, ["events", `${dir}/b`]))[1], plain);

    const users = ["--users", `${dir}/users.toml`];
    await Deno.writeTextFile(`${dir}/password`, "hunter2\n", { mode: 0o600 });
    await run(dir, text, ["user", "add", "x", ...users, "--password-file", `${dir}/password`]);
    assertStringIncludes((await run(dir, text, ["user", "list", ...users]))[1], "x@%  ");
    const asked = await binlogd([
      "user",
      "add",
      "y",
      ...users,
      `--defaults-file=${dir}/my.cnf`,
    ]);
    assertEquals(asked.code, 2, asked.stderr);
    assertStringIncludes(asked.stderr, "no terminal to ask on");
    assertEquals((await run(dir, text, ["user", "remove", "x", ...users]))[0], 0);
  });
});

Deno.test("what is for the command line alone is refused in [binlogd], and what others take is not", async () => {
  await withFolder(async (dir) => {
    await makeFolder(`${dir}/b`, "b");
    for (const name of ["table", "include-gtids", "type"]) {
      const text = `[binlogd]\n${name}=x.y\n`;
      await assertRejects(
        () => run(dir, text, ["list", `${dir}/b`]),
        UsageError,
        `my.cnf:2: ${name} is for the command line only`,
      );
    }
    const text = "[client]\nssl-cert=client.pem\n[binlogd]\nssl-key=client-key.pem\nlisten=:3307\n";
    const options: OptionValues = { "defaults-file": `${dir}/my.cnf` };
    await Deno.writeTextFile(`${dir}/my.cnf`, text, { mode: 0o600 });
    await applyOptionFiles(await load("serve"), options);
    assertEquals([options["ssl-cert"], options["ssl-key"]], [undefined, undefined]);
    assertEquals(options.listen, ":3307");
    const proxied: OptionValues = { "defaults-file": `${dir}/my.cnf` };
    await applyOptionFiles(await load("proxy"), proxied);
    assertEquals(proxied.listen, undefined);
  });
});

/** Said of the same thing in other words. */
const SAME = new Set(["dir", "users", "json", "hex"]);

Deno.test("commands that take a name from option files mean the same by it", async () => {
  const meanings = new Map<string, Set<string>>();
  for (const { name } of COMMANDS) {
    for (const [option, spec] of Object.entries((await load(name)).options)) {
      if (spec.commandLineOnly || SAME.has(option)) continue;
      const known = meanings.get(option) ?? new Set();
      meanings.set(option, known.add(`${spec.type} ${spec.help}`));
    }
  }
  const torn = [...meanings].filter(([, known]) => known.size > 1).map(([option]) => option);
  assertEquals(torn, []);
});
