/**
 * `deno task demo`: the main job with no server at hand. `binlogd serve` speaks the real protocol
 * over a real socket and sends files that a real server wrote; `binlogd dump` copies them; then the
 * copy is checked, listed and compared.
 */
const ROOT = new URL("../", import.meta.url).pathname;
const NO_VERIFY = "--unsafely-ignore-certificate-errors=no-verify.invalid";
const PASSWORD = "demo-password";
const START_LIMIT_MS = 30_000;

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

function command(args: string[]): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", NO_VERIFY, `${ROOT}main.ts`, ...args],
    env: { MYSQL_PWD: PASSWORD, BINLOGD_USER_PASSWORD: PASSWORD, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** The runtime announces the host name that is never verified; that is no news of ours. */
function withoutNotice(text: string): string {
  return text.split("\n").filter((line) => !line.startsWith("DANGER:")).join("\n");
}

/** Shows a command line, runs it, shows what it prints; ends the demo where it fails. */
async function show(args: string[]): Promise<void> {
  print(`\n$ binlogd ${args.join(" ")}\n`);
  const { code, stdout, stderr } = await command(args).output();
  const text = new TextDecoder();
  print(withoutNotice(text.decode(stderr)) + text.decode(stdout));
  if (code !== 0) throw new Error(`binlogd ended with ${code}`);
}

/** Starts the server and returns it with its port, once it listens. */
async function serve(args: string[]): Promise<{ child: Deno.ChildProcess; port: number }> {
  print(`\n$ binlogd ${args.join(" ")} &\n`);
  const child = command(args).spawn();
  let seen = "";
  const decoder = new TextDecoder();
  const timer = setTimeout(() => child.kill("SIGKILL"), START_LIMIT_MS);
  const reader = child.stderr.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`binlogd serve ended: ${seen}`);
    seen += decoder.decode(value, { stream: true });
    const port = / listen=\S*:(\d+)/.exec(seen)?.[1];
    if (port === undefined) continue;
    clearTimeout(timer);
    print(withoutNotice(seen));
    // What it logs later has to go somewhere, or it would stop.
    (async () => {
      while (!(await reader.read()).done);
    })();
    return { child, port: Number(port) };
  }
}

async function compare(from: string, to: string): Promise<void> {
  let files = 0;
  for await (const { name } of Deno.readDir(from)) {
    if (!/\.\d{6}$/.test(name)) continue;
    const [a, b] = await Promise.all([
      Deno.readFile(`${from}/${name}`),
      Deno.readFile(`${to}/${name}`),
    ]);
    if (a.length !== b.length || a.some((byte, i) => byte !== b[i])) {
      throw new Error(`${name} differs`);
    }
    files++;
  }
  print(`\nAll ${files} files are equal to the server's own, byte for byte.\n`);
}

const dir = await Deno.makeTempDir({ prefix: "binlogd-demo-" });
let child: Deno.ChildProcess | undefined;
try {
  Deno.chdir(dir);
  for (const kind of ["mysql97", "mariadb118"]) {
    const source = `${ROOT}testdata/${kind}`;
    await Deno.mkdir(kind);
    for await (const { name } of Deno.readDir(source)) {
      await Deno.copyFile(`${source}/${name}`, `${kind}/${name}`);
    }
  }
  print("A server's binlog files, served to a dump over a socket on this host.\n");
  await show(["user", "add", "repl", "--users", "users.toml"]);
  for (const kind of ["mysql97", "mariadb118"]) {
    const listen = ["--listen", "127.0.0.1:0", "--users", "users.toml"];
    const server = await serve(["serve", "--dir", kind, ...listen]);
    child = server.child;
    const url = `mysql://repl@127.0.0.1:${server.port}`;
    const copy = `copy-of-${kind}`;
    await show(["dump", url, "--dir", copy, "--get-server-public-key"]);
    await show(["verify", "--dir", copy]);
    await show(["list", "--dir", copy]);
    await compare(kind, copy);
    child.kill("SIGTERM");
    await child.status;
    child = undefined;
  }
} finally {
  child?.kill("SIGKILL");
  await Deno.remove(dir, { recursive: true });
}
