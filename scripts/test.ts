/**
 * `deno task test`: runs all tests and ends with one line `N passed, N failed, N skipped`. Arguments
 * go to `deno test`: files, --filter.
 */
import { fetchServer } from "./testbed/fetch.ts";
import { ALL_KINDS } from "./testbed/kinds.ts";

const TESTS = new URL("../tests", import.meta.url).pathname;
/** Test files at a time: most of their time goes into waiting for servers. */
const JOBS = "3";
/** A whole run takes a quarter of that. */
const LIMIT_MS = Number(Deno.env.get("BINLOGD_TEST_LIMIT_S") ?? 7200) * 1000;
const ONE = / => .* \.\.\. (ok|FAILED|ignored)(?: \(|$)/;
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
// What hangs beyond any test's own limit ends the run as a failure, with what passed so far.
let late = false;
const timer = setTimeout(() => {
  late = true;
  child.kill("SIGKILL");
}, LIMIT_MS);
let summary: RegExpExecArray | undefined;
let ended = { passed: 0, failed: 0, skipped: 0 };
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
    const one = ONE.exec(text)?.[1];
    if (one === "ok") ended.passed++;
    else if (one === "FAILED") ended.failed++;
    else if (one === "ignored") ended.skipped++;
  }
}
const { code } = await child.status;
clearTimeout(timer);
if (summary) {
  const [, passed, failed, skipped] = summary;
  ended = { passed: Number(passed), failed: Number(failed), skipped: Number(skipped ?? 0) };
}
if (late) print(`\nkilled: no end within ${LIMIT_MS} ms\n`);
// A run that was killed, and a file that does not compile or throws at its top level, count as one
// failed test.
if (code !== 0 && (late || ended.failed === 0)) ended.failed++;
print(`\n${ended.passed} passed, ${ended.failed} failed, ${ended.skipped} skipped\n`);
Deno.exit(ended.failed > 0 ? 1 : 0);
