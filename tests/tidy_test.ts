/** Rules of the house that a machine can check. */
import { assertEquals } from "@std/assert";
import { README, withTables } from "../scripts/make_readme.ts";

const ROOT = new URL("..", import.meta.url).pathname;
const LINES_MAX = 300;
/** Folders in the order in which one may import from another: each only from those before it. */
const ORDER = ["bytes", "gtid", "protocol", "binlog", "store", "pipeline"];
const SIDES = ["source", "server", "inspect", "proxy"];

async function* sources(folder: string): AsyncGenerator<{ path: string; text: string }> {
  for await (const entry of Deno.readDir(`${ROOT}${folder}`)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* sources(path);
    else if (entry.name.endsWith(".ts")) {
      yield { path, text: await Deno.readTextFile(`${ROOT}${path}`) };
    }
  }
}

Deno.test("no source file has more than 300 lines", async () => {
  const long: string[] = [];
  for (const folder of ["lib", "scripts", "tests"]) {
    for await (const { path, text } of sources(folder)) {
      const lines = text.split("\n").length - 1;
      if (lines > LINES_MAX) long.push(`${path}: ${lines}`);
    }
  }
  assertEquals(long, []);
});

Deno.test("each folder of lib imports only from folders before it", async () => {
  const wrong: string[] = [];
  for await (const { path, text } of sources("lib")) {
    const from = path.split("/")[1]!;
    for (const [, target] of text.matchAll(/from "(?:\.\.\/)+([a-z]+)\/[^"]*"/g)) {
      const allowed = from === "cli" || from === target || ORDER.includes(from)
        ? from === "cli" || ORDER.indexOf(target!) >= 0 &&
            ORDER.indexOf(target!) <= ORDER.indexOf(from)
        : SIDES.includes(from)
        ? ORDER.includes(target!)
        : true;
      if (from !== target && !allowed) wrong.push(`${path} imports from ${target}`);
    }
  }
  assertEquals(wrong, []);
});

Deno.test("every file under lib that exports something says what it is", async () => {
  const silent: string[] = [];
  for await (const { path, text } of sources("lib")) {
    const lines = text.split("\n");
    for (const [index, line] of lines.entries()) {
      if (!/^export (async )?(abstract )?(class|function|interface|const|type) \w/.test(line)) {
        continue;
      }
      const before = lines[index - 1] ?? "";
      const name = /(?:class|function|interface|const|type) (\w+)/.exec(line)![1]!;
      const overload = lines.slice(0, index).some((other) =>
        new RegExp(`^export function ${name}\\b`).test(other)
      );
      if (!before.endsWith("*/") && !overload) silent.push(`${path}:${index + 1} ${name}`);
    }
  }
  assertEquals(silent, []);
});

/** Table text without the padding that the formatter adds. */
function squeezed(text: string): string {
  return text.replace(/[ \t]+/g, " ").replace(/-{3,}/g, "---").replace(/\n{2,}/g, "\n")
    .replaceAll("| ", "|").replaceAll(" |", "|");
}

Deno.test("the tables of README.md are those of the code", async () => {
  const readme = await Deno.readTextFile(README);
  assertEquals(squeezed(readme), squeezed(withTables(readme)));
});

Deno.test("links of the documents lead somewhere", async () => {
  const broken: string[] = [];
  const pages = ["README.md", "ARCHITECTURE.md", "testdata/README.md"];
  for await (const entry of Deno.readDir(`${ROOT}docs`)) pages.push(`docs/${entry.name}`);
  for (const page of pages.filter((name) => name.endsWith(".md"))) {
    const text = await Deno.readTextFile(`${ROOT}${page}`);
    for (const [, target] of text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
      if (/^[a-z]+:/.test(target!)) continue;
      const path = new URL(target!, `file://${ROOT}${page}`).pathname;
      if (!await Deno.stat(path).then(() => true, () => false)) broken.push(`${page}: ${target}`);
    }
  }
  assertEquals(broken, []);
});

Deno.test("no task lets Deno ask its site for a newer one, which is no loopback address", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));
  const asking = Object.entries<string>(tasks).filter(([, command]) =>
    command.includes("deno run") && !command.includes("DENO_NO_UPDATE_CHECK=1 deno run")
  );
  assertEquals(asking, []);
});
