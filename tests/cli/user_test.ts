import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ENVIRONMENT } from "../../scripts/environment.ts";
import { binlogd } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
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
