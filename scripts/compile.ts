/**
 * `deno task compile`: one executable, dist/binlogd, with the permissions it needs and no others.
 *
 * The running Deno bundles main.ts with everything it imports; `deno compile` puts the bundle behind
 * its runtime base (denort), which it downloads from Deno's site. Where that can't be reached,
 * DENORT_BIN names a denort, and BINLOGD_COMPILE_DENO the deno of the same version.
 */
import { type Bundle, bundleProgram } from "./bundle.ts";
import { ENVIRONMENT } from "./environment.ts";
import { runCommand } from "./run_command.ts";

const ROOT = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
const DIST = `${ROOT}/dist`;

function say(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text + "\n"));
}

/**
 * What differs between runtimes. For TLS that takes any certificate one has to be told; before Deno 2.9
 * it would then not look at authorities that are given to it, and binlogd does without it there. From
 * 2.9 on the umask needs a permission, which has no name of its own in the list of them.
 */
async function flagsFor(deno: string): Promise<string[]> {
  const version = /^deno (\d+)\.(\d+)/.exec(await runCommand(deno, ["--version"], ROOT));
  const [major, minor] = [Number(version?.[1]), Number(version?.[2])];
  if (major < 2 || (major === 2 && minor < 9)) return ["--allow-sys=hostname,statfs,uid,osRelease"];
  return ["--allow-sys", "--unsafely-ignore-certificate-errors=no-verify.invalid"];
}

async function compile({ main, worker }: Bundle, target: string): Promise<void> {
  const deno = Deno.env.get("BINLOGD_COMPILE_DENO") ?? Deno.execPath();
  await runCommand(deno, [
    "compile",
    "--no-config",
    "--no-lock",
    "--no-check",
    "--no-prompt",
    // It would lie in /tmp under a name that everybody knows, and whoever makes that file first has
    // what is in it run by whoever runs binlogd. A start is no slower without.
    "--no-code-cache",
    `--include=${worker}`,
    "--allow-net",
    "--allow-read",
    "--allow-write",
    "--allow-run",
    `--allow-env=${ENVIRONMENT.join(",")}`,
    ...await flagsFor(deno),
    "--output",
    target,
    main,
  ], ROOT);
}

await Deno.mkdir(DIST, { recursive: true });
const work = await Deno.makeTempDir({ prefix: "binlogd-compile-" });
try {
  // A failure leaves the executable of before where it is.
  await compile(await bundleProgram(work), `${DIST}/binlogd.new`);
  await Deno.rename(`${DIST}/binlogd.new`, `${DIST}/binlogd`);
  const size = (await Deno.stat(`${DIST}/binlogd`)).size;
  say(`${DIST}/binlogd, ${(size / 1e6).toFixed(1)} MB`);
} catch (error) {
  const message = (error as Error).message;
  if (/denort|dl\.deno\.land|download/i.test(message)) {
    say(
      "Deno's download site can't be reached, and `deno compile` needs its runtime base (denort).\n" +
        "Name one with DENORT_BIN=/path/to/denort, of the version of the running deno or of the\n" +
        "one that BINLOGD_COMPILE_DENO names.",
    );
  }
  say(message);
  Deno.exit(1);
} finally {
  await Deno.remove(work, { recursive: true });
}
