/** What `deno task compile` puts into the executable, and `deno task bench` measures. */
import { runCommand } from "./run_command.ts";

const ROOT = new URL("..", import.meta.url).pathname.replace(/\/$/, "");

/** The program as it is bundled: its main file, and the files that it loads by name. */
export interface Bundle {
  main: string;
  worker: string;
}

async function bundle(from: string, ...to: string[]): Promise<void> {
  const args = ["bundle", "--frozen", "--platform", "deno", ...to, `${ROOT}/${from}`];
  await runCommand(Deno.execPath(), args, ROOT);
}

async function commit(): Promise<string> {
  const head = (await runCommand("git", ["rev-parse", "--short=12", "HEAD"], ROOT).catch(() => ""))
    .trim();
  if (head === "") return "unknown commit";
  const status = ["status", "--porcelain", "--", "lib", "main.ts"];
  const changed = (await runCommand("git", status, ROOT)).trim();
  return changed === "" ? head : `${head} with changes`;
}

/** Puts the commit in the place of "from source". */
async function fillInCommit(dir: string): Promise<void> {
  const what = JSON.stringify(await commit());
  let marked = 0;
  for await (const { name } of Deno.readDir(dir)) {
    const path = `${dir}/${name}`;
    const text = await Deno.readTextFile(path);
    const filledIn = text.replace('"from source"', what);
    if (filledIn === text) continue;
    await Deno.writeTextFile(path, filledIn);
    marked++;
  }
  if (marked !== 1) throw new Error(`${marked} files of the bundle have build information`);
}

/**
 * Bundles the program into `dir`, which is empty: one file for each command and what it shares with
 * others, so that a command loads nothing of the rest. Not minified: Deno 2.9.6 makes an expression of
 * a `using` variable that is used once, and what it holds, a lock for one, is never given up.
 */
export async function bundleProgram(dir: string): Promise<Bundle> {
  await bundle("main.ts", "--code-splitting", "--outdir", dir);
  await fillInCommit(dir);
  // Loaded by its address beside the module that starts it, which no bundler follows.
  const worker = `${dir}/large_event_worker.ts`;
  await bundle("lib/inspect/large_event_worker.ts", "-o", worker);
  return { main: `${dir}/main.js`, worker };
}
