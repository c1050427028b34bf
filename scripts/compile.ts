/**
 * `deno task compile`: one executable, dist/binlogd, with the permissions it needs and no others.
 *
 * The running Deno bundles main.ts with everything it imports; `deno compile` puts the bundle behind
 * its runtime base (denort), which it downloads from Deno's site. Where that can't be reached,
 * DENORT_BIN names a denort, and BINLOGD_COMPILE_DENO the deno of the same version.
 */
const ROOT = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
const DIST = `${ROOT}/dist`;
const TEXT = new TextDecoder();

/** Environment variables that binlogd reads. */
const ENVIRONMENT = ["MYSQL_PWD", "HOME", "USER", "COLUMNS", "NO_COLOR", "TZ"];

function say(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text + "\n"));
}

async function run(program: string, args: string[], cwd = ROOT): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const said = TEXT.decode(stderr);
  if (!success) throw new Error(said + TEXT.decode(stdout));
  return TEXT.decode(stdout);
}

async function commit(): Promise<string> {
  const head = (await run("git", ["rev-parse", "--short=12", "HEAD"]).catch(() => "")).trim();
  if (head === "") return "unknown commit";
  const changed = (await run("git", ["status", "--porcelain", "--", "lib", "main.ts"])).trim();
  return changed === "" ? head : `${head} with changes`;
}

async function bundle(from: string, path: string): Promise<void> {
  const args = ["bundle", "--frozen", "--platform", "deno", "-o", path, `${ROOT}/${from}`];
  await run(Deno.execPath(), args);
}

/** Puts the commit in the place of "from source". */
async function fillInCommit(path: string): Promise<void> {
  const text = await Deno.readTextFile(path);
  const marked = text.replace('"from source"', JSON.stringify(await commit()));
  if (marked === text) throw new Error("the bundle has no build information to fill in");
  await Deno.writeTextFile(path, marked);
}

async function compile(bundled: string, worker: string, target: string): Promise<void> {
  const deno = Deno.env.get("BINLOGD_COMPILE_DENO") ?? Deno.execPath();
  await run(deno, [
    "compile",
    "--no-config",
    "--no-lock",
    "--no-check",
    "--no-prompt",
    `--include=${worker}`,
    "--allow-net",
    "--allow-read",
    "--allow-write",
    "--allow-run",
    "--allow-sys=hostname,statfs,uid,osRelease",
    `--allow-env=${ENVIRONMENT.join(",")}`,
    "--unsafely-ignore-certificate-errors=no-verify.invalid",
    "--output",
    target,
    bundled,
  ]);
}

await Deno.mkdir(DIST, { recursive: true });
const work = await Deno.makeTempDir({ prefix: "binlogd-compile-" });
try {
  const bundled = `${work}/binlogd.js`;
  // Loaded by its address relative to the program, which neither bundle nor compile follows.
  const worker = `${work}/large_event_worker.ts`;
  await bundle("main.ts", bundled);
  await fillInCommit(bundled);
  await bundle("lib/inspect/large_event_worker.ts", worker);
  await compile(bundled, worker, `${DIST}/binlogd`);
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
