/**
 * `deno task test`: runs all tests and ends with one line `N passed, N failed, N skipped`. Arguments
 * go to `deno test`: files, --filter.
 */
import { fetchServer } from "./testbed/fetch.ts";
import { ALL_KINDS } from "./testbed/kinds.ts";

const TESTS = new URL("../tests", import.meta.url).pathname;
/** Test files at a time: most of their time goes into waiting for servers. */
const JOBS = "3";
const SUMMARY =
  /(?:ok|FAILED) \| (\d+) passed(?: \([^)]*\))? \| (\d+) failed(?: \| (\d+) ignored)?/;

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

// Test files run side by side; the servers they want are fetched once, before.
const wanted = Deno.env.get("BINLOGD_TEST_KINDS")?.split(",") ?? ALL_KINDS;
for (const kind of ALL_KINDS) {
  if (!wanted.includes(kind)) continue;
  await fetchServer(kind).catch((error) => print(`${kind} can't be had: ${error.message}\n`));
}

const child = new Deno.Command(Deno.execPath(), {
  args: [
    "test",
    "-A",
    "--quiet",
    "--parallel",
    "--unsafely-ignore-certificate-errors=no-verify.invalid",
    ...(Deno.args.some((arg) => !arg.startsWith("-")) ? [] : [TESTS]),
    ...Deno.args,
  ],
  env: { NO_COLOR: "1", DENO_JOBS: Deno.env.get("DENO_JOBS") ?? JOBS },
  stdin: "null",
  stdout: "piped",
  stderr: "inherit",
}).spawn();
let summary: RegExpExecArray | undefined;
let line = "";
const decoder = new TextDecoder();
for await (const chunk of child.stdout) {
  Deno.stdout.writeSync(chunk);
  line += decoder.decode(chunk, { stream: true });
  const lines = line.split("\n");
  line = lines.pop()!;
  for (const text of lines) {
    const found = SUMMARY.exec(text);
    if (found) summary = found;
  }
}
const { code } = await child.status;
const passed = Number(summary?.[1] ?? 0);
const skipped = Number(summary?.[3] ?? 0);
let failed = Number(summary?.[2] ?? 0);
// A file that does not compile or throws at its top level counts as one failed test.
if (code !== 0 && failed === 0) failed = 1;
print(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`);
Deno.exit(failed > 0 ? 1 : 0);
