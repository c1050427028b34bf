/** What a program loads before it does anything. */
import { assertEquals } from "@std/assert";

const ROOT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

/** What `deno info` says of a module. */
interface Module {
  specifier: string;
  dependencies?: { specifier: string; isDynamic?: boolean; code?: { specifier?: string } }[];
}

/** Modules of the runtime that `path` loads, and what it imports, without what is imported later. */
async function runtimeModules(path: string): Promise<string[]> {
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", path],
    cwd: ROOT,
    stderr: "null",
  }).output();
  assertEquals(success, true);
  const { roots, modules } = JSON.parse(new TextDecoder().decode(stdout)) as {
    roots: string[];
    modules: Module[];
  };
  const known = new Map(modules.map((module) => [module.specifier, module]));
  const loaded = new Set(roots);
  for (const specifier of loaded) {
    for (const { isDynamic, code } of known.get(specifier)?.dependencies ?? []) {
      if (!isDynamic && code?.specifier) loaded.add(code.specifier);
    }
  }
  return [...loaded].filter((specifier) => specifier.startsWith("node:")).sort();
}

Deno.test("the start loads no node module, and a dump none but zlib: each takes a login's time", async () => {
  assertEquals(await runtimeModules("main.ts"), []);
  assertEquals(await runtimeModules("lib/cli/dump.ts"), ["node:zlib"]);
});
