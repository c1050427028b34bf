import { bundleProgram } from "../bundle.ts";

const NO_VERIFY = "--unsafely-ignore-certificate-errors=no-verify.invalid";

/** What the executable holds, run by the Deno that runs the benchmark. */
async function bundled(): Promise<string[]> {
  const dir = await Deno.makeTempDir({ prefix: "binlogd-bench-" });
  globalThis.addEventListener("unload", () => Deno.removeSync(dir, { recursive: true }));
  const { main } = await bundleProgram(dir);
  // From the cache: looking at the package registry is no part of what is measured.
  return [Deno.execPath(), "run", "-A", "--quiet", "--cached-only", NO_VERIFY, main];
}

const binary = Deno.env.get("BINLOGD_BENCH_BINARY");
const program = binary ? [binary] : await bundled();

/**
 * The command line of binlogd: the executable that BINLOGD_BENCH_BINARY names, or else the bundle
 * that `deno task compile` puts into one.
 */
export function binlogdCommand(args: string[]): string[] {
  return [...program, ...args];
}
