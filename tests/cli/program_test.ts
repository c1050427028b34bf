/** The program as a user meets it: help, mistakes, exit codes, secrets. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { COMMANDS } from "../../lib/cli/commands.ts";
import { binlogd } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";

Deno.test("help lists every command and every exit code", async () => {
  for (const words of [[], ["help"], ["--help"], ["-h"]]) {
    const run = await binlogd(words);
    assertEquals(run.code, 0, run.stderr);
    for (const { name } of COMMANDS) assertStringIncludes(run.stdout, `\n  ${name}`);
    assertStringIncludes(run.stdout, "  7  the source is not the one");
  }
});

Deno.test("-V prints the version, as --version does", async () => {
  const run = await binlogd(["-V"]);
  assertEquals(run.code, 0, run.stderr);
  assertEquals(run.stdout, (await binlogd(["--version"])).stdout);
});

Deno.test("every command has help with usage and examples", async () => {
  for (const { name, summary, load } of COMMANDS) {
    const { examples, options, ...command } = await load();
    assertEquals([command.name, command.summary], [name, summary]);
    const run = await binlogd([name, "--help"]);
    assertEquals(run.code, 0, run.stderr);
    assertStringIncludes(run.stdout, `Usage:\n  binlogd ${name}`);
    assert(examples.length > 0, `${name} has no example`);
    for (const option of Object.keys(options)) assertStringIncludes(run.stdout, `--${option}`);
    assertEquals((await binlogd(["help", name])).stdout, run.stdout);
  }
});

Deno.test("a mistake on the command line ends with 2 and a suggestion", async () => {
  const cases: [string[], string][] = [
    [["dmup"], "did you mean binlogd dump?"],
    [["dump", "--dri=x"], "did you mean --dir?"],
    [["dump", "--dir=/tmp/x"], "No source given"],
    [["dump", "mysql://u@127.0.0.1"], "--dir"],
    [["dump", "mysql://u@127.0.0.1", "--dir=/tmp/x", "--semi-sync", "--sync=none"], "--sync"],
    [["dump", "mysql://u@127.0.0.1", "--dir=/tmp/x", "--stop-position=4"], "--stop-file"],
    [["dump", "mysql://u@127.0.0.1", "--dir=/tmp/x", "--start-file=../a.000001"], "--start-file"],
    [["dump", "mysql://u@127.0.0.1", "--dir="], "--dir is empty"],
    [["dump", "--log-format=xml"], "--log-format"],
    [["dump", "--defaults-file=/nonexistent/my.cnf"], "/nonexistent/my.cnf"],
  ];
  for (const [words, text] of cases) {
    const run = await binlogd(words);
    assertEquals(run.code, 2, `${words}: ${run.stderr}`);
    assertStringIncludes(run.stderr, text);
  }
});

Deno.test("a slip in an option file is named with file and line", async () => {
  await withFolder(async (dir) => {
    const file = `${dir}/my.cnf`;
    const cases: [string, string, string][] = [
      [
        "[binlogd]\ndir=x\nheartbeet=10s\n",
        `${file}:3: no command has an option heartbeet`,
        "heartbeat?",
      ],
      [
        "[binlogd_a]\nunheard-of=1\n",
        `${file}:2: no command has an option unheard-of`,
        "loose-unheard-of",
      ],
      ["[client]\n\nport = many\n", `${file}:3: Cannot read --port=many`, "a whole number"],
      ["[binlogd]\nsync=interval:30d\n", "Cannot use --sync=interval:30d", "a day"],
      ["[binlogd]\non-close='gzip\n", "Cannot read --on-close", "no end"],
    ];
    const words = ["mysql://repl@127.0.0.1:1", "--dir", `${dir}/x`, "--retry-limit=0"];
    for (const [text, ...expected] of cases) {
      await Deno.writeTextFile(file, text, { mode: 0o600 });
      const run = await binlogd(
        ["dump", `--defaults-file=${file}`, "--defaults-group-suffix=_a", ...words],
      );
      assertEquals(run.code, 2, `${text}: ${run.stderr}`);
      for (const part of expected) assertStringIncludes(run.stderr, part);
    }
    // What is for other programs, other commands or other versions is nobody's slip.
    await Deno.writeTextFile(
      file,
      "[client]\nunheard-of=1\n[mysqld]\nserver_id=1\n[binlogd]\nlisten=3307\nloose_new=1\n",
      { mode: 0o600 },
    );
    const run = await binlogd(["dump", `--defaults-file=${file}`, ...words]);
    assertEquals(run.code, 4, run.stderr);
  });
});

Deno.test("no password is shown of a command line that is wrong", async () => {
  const ours = "mysql://repl@127.0.0.1:1";
  const cases: [string[], string][] = [
    [["mysql://repl:a@h", "mysql://repl:hunter2@127.0.0.1:1"], "argument mysql://repl@127.0.0.1:1"],
    [["repl:hunter2@127.0.0.1:1"], "argument repl:…@127.0.0.1:1"],
    [["mysql:/repl:hunter2@127.0.0.1"], "argument mysql:…@127.0.0.1"],
    [["--password", "hunter2", ours], "without a blank"],
    [["-p", "hunter2", ours], "without a blank"],
    [["--host=mysql://repl:hunter2@127.0.0.1:1"], "goes without --host"],
    [["--host=repl:hunter2@127.0.0.1"], "goes without --host"],
  ];
  for (const [words, text] of cases) {
    const run = await binlogd(["dump", ...words, "--dir", "/nonexistent/x", "--retry-limit=0"]);
    assertEquals(run.code, 2, `${words}: ${run.stderr}`);
    assertStringIncludes(run.stderr, text);
    assertEquals(run.stderr.includes("hunter2"), false, run.stderr);
  }
});

Deno.test("nobody listens: exit code 4, the address, no password", async () => {
  await withFolder(async (dir) => {
    const url = "mysql://repl:topsecret@127.0.0.1:1";
    const args = ["dump", url, "--dir", `${dir}/s`, "--retry-limit=0"];
    for (const more of [[], ["--log-format=json"]]) {
      const run = await binlogd([...args, ...more]);
      assertEquals(run.code, 4, run.stderr);
      assertStringIncludes(run.stderr, "127.0.0.1:1");
      assertEquals(run.stderr.includes("topsecret"), false, run.stderr);
      for (const line of more.length > 0 ? run.stderr.trim().split("\n") : []) {
        if (!line.startsWith("DANGER")) JSON.parse(line);
      }
    }
  });
});

Deno.test("option files: groups, suffix, quotes, includes; one that all can write is ignored", async () => {
  await withFolder(async (dir) => {
    const write = (name: string, text: string, mode = 0o600) =>
      Deno.writeTextFile(`${dir}/${name}`, text, { mode });
    await write("inner.cnf", '[client]\nuser = "inner user" # a comment\n');
    await write(
      "my.cnf",
      `[mysqld]\nhost=wrong\n[client]\nhost=127.0.0.1\nport=1\n!include ${dir}/inner.cnf\n` +
        "[binlogd_b]\nport=2\n",
    );
    const args = ["dump", `--defaults-file=${dir}/my.cnf`, "--dir", `${dir}/s`, "--retry-limit=0"];
    const plain = await binlogd(args);
    assertEquals(plain.code, 4, plain.stderr);
    assertStringIncludes(plain.stderr, "127.0.0.1:1");
    const suffixed = await binlogd([...args, "--defaults-group-suffix=_b"]);
    assertStringIncludes(suffixed.stderr, "127.0.0.1:2");
    await Deno.chmod(`${dir}/my.cnf`, 0o666);
    const ignored = await binlogd(args);
    assertEquals(ignored.code, 2, ignored.stderr);
    assertStringIncludes(ignored.stderr, "can be written by everybody");
  });
});

Deno.test("version names version and runtime", async () => {
  const run = await binlogd(["version"]);
  assertEquals(run.code, 0);
  assertStringIncludes(run.stdout, "binlogd 0.1.0");
  assertStringIncludes(run.stdout, "Deno 2.");
});

Deno.test("no command runs, or leaves, what lies in the folder that everybody writes to", async () => {
  await withFolder(async (dir) => {
    for (const words of [["version"], ["help", "dump"]]) {
      const run = await binlogd(words, { TMPDIR: dir });
      assertEquals(run.code, 0, run.stderr);
    }
    assertEquals([...Deno.readDirSync(dir)].map(({ name }) => name), []);
  });
});
