import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ENVIRONMENT } from "../../scripts/environment.ts";
import { hasProgram } from "../../scripts/testbed/has_program.ts";
import { binlogd, binlogdCommand } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
const BINARY = Deno.env.get("BINLOGD_TEST_BINARY");
const PROGRAM = BINARY
  ? [BINARY]
  : [Deno.execPath(), "run", "-A", "--quiet", `--config=${ROOT}deno.json`, `${ROOT}main.ts`];
/** Uses of the environment; a name only where it is a literal. */
const READS = /Deno\.env\b(?:\.(?:get|has)\("(\w+)"\))?/g;

Deno.test("user add takes the password from the environment, in the executable too", async () => {
  await withFolder(async (dir) => {
    const users = `${dir}/users.toml`;
    const env = { BINLOGD_USER_PASSWORD: "hunter2" };
    const added = await binlogd(["user", "add", "repl", "--users", users], env);
    assertEquals(added.code, 0, added.stderr);
    assertStringIncludes((await binlogd(["user", "list", "--users", users])).stdout, "repl@%");
    const none = await binlogd(["user", "add", "other", "--users", users]);
    assertEquals(none.code, 2, none.stderr);
    assertStringIncludes(none.stderr, "no terminal to ask on");
  });
});

Deno.test({
  name: "user add asks twice on a terminal, shows nothing, and takes two that are the same",
  ignore: !await hasProgram("script"),
  async fn() {
    for (const [second, code] of [["hunter2", 0], ["hunter3", 2]] as const) {
      await withFolder(async (dir) => {
        const words = [...PROGRAM, "user", "add", "repl", "--users", `${dir}/users.toml`];
        const child = new Deno.Command("script", {
          args: ["-qec", words.map((word) => `'${word}'`).join(" "), "/dev/null"],
          stdin: "piped",
          stdout: "piped",
        }).spawn();
        const writer = child.stdin.getWriter();
        let shown = "";
        const answers: [string, string][] = [["Password for repl: ", "hunter2\r"], [
          "Once more: ",
          `${second}\r`,
        ]];
        for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
          shown += text;
          const next = answers[0];
          if (!next || !shown.includes(next[0])) continue;
          answers.shift();
          await writer.write(new TextEncoder().encode(next[1]));
        }
        assertEquals((await child.status).code, code, shown);
        await writer.close().catch(() => {});
        assert(!shown.includes("hunter"), shown);
      });
    }
  },
});

Deno.test("user add reads a password file, and standard input as one", async () => {
  await withFolder(async (dir) => {
    const users = `${dir}/users.toml`;
    await Deno.writeTextFile(`${dir}/word`, "hunter2\nmore\n");
    const fromInput = ["user", "add", "a", "--users", users, "--password-file=-"];
    const child = binlogdCommand(fromInput, {}, { stdin: "piped" }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode("hunter2\n"));
    await writer.close();
    const piped = await child.output();
    assertEquals(piped.code, 0, new TextDecoder().decode(piped.stderr));
    const empty = await binlogd(["user", "add", "b", "--users", users, "--password-file=-"]);
    assertEquals(empty.code, 2, empty.stderr);
    assertStringIncludes(empty.stderr, "empty password");
    const read = ["user", "add", "b", "--users", users, "--password-file", `${dir}/word`];
    assertEquals((await binlogd(read)).code, 0);
    assertStringIncludes((await binlogd(["user", "list", "--users", users])).stdout, "b@%");
  });
});

Deno.test("an account is named with its host as user list prints it", async () => {
  await withFolder(async (dir) => {
    const users = `${dir}/users.toml`;
    const user = (...words: string[]) =>
      binlogd(["user", ...words, "--users", users], { BINLOGD_USER_PASSWORD: "hunter2" });
    for (const name of ["x@localhost", "watch@127.0.0.%", "a@b@%"]) {
      const added = await user("add", name);
      assertEquals(added.code, 0, added.stderr);
    }
    const listed = (await user("list")).stdout;
    const names = listed.trimEnd().split("\n").map((line) => line.split(" ")[0]!);
    assertEquals(names, ["x@localhost", "watch@127.0.0.%", "a@b@%"]);
    const text = await Deno.readTextFile(users);
    assertStringIncludes(text, 'name = "x"\nhost = "localhost"');
    const both = await user("add", "x@localhost", "--host=%");
    assertEquals(both.code, 2, both.stderr);
    assertStringIncludes(both.stderr, "Only one host is possible");
    assertEquals((await user("add", "x@")).code, 2);
    assertEquals((await user("add", "@localhost")).code, 2);
    const other = await user("remove", "watch");
    assertEquals(other.code, 2, other.stderr);
    assertStringIncludes(other.stderr, "There is no account watch@%");
    assertStringIncludes(other.stderr, "expected: watch@127.0.0.%");
    assertStringIncludes(other.stderr, "user remove 'watch@127.0.0.%'");
    for (const name of names) assertEquals((await user("remove", name)).code, 0, name);
    assertEquals((await user("list")).stdout, "");
  });
});

async function* sources(path: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(path)) {
    const inside = `${path}/${entry.name}`;
    if (entry.isDirectory) yield* sources(inside);
    else if (entry.name.endsWith(".ts")) yield inside;
  }
}

Deno.test("the executable may ask for each environment variable that binlogd reads", async () => {
  const names = new Set<string>();
  for (const paths of [sources(`${ROOT}lib`), [`${ROOT}main.ts`]]) {
    for await (const path of paths) {
      for (const [use, name] of (await Deno.readTextFile(path)).matchAll(READS)) {
        assert(name !== undefined, `${path}: ${use} reads what no list can name`);
        names.add(name);
      }
    }
  }
  assertEquals([...names].filter((name) => !ENVIRONMENT.includes(name)), []);
  assert(names.has("MYSQL_PWD"), "found none at all");
});
