import type { RealServer } from "../scripts/testbed/server.ts";

const MAIN = new URL("../main.ts", import.meta.url).pathname;
const CONFIG = new URL("../deno.json", import.meta.url).pathname;

/** What a run of binlogd printed and how it ended. */
export interface BinlogdRun {
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * The program as users run it: from the checkout, or the executable that BINLOGD_TEST_BINARY names.
 */
export function binlogdCommand(
  args: string[],
  env: Record<string, string> = {},
  io: Partial<Deno.CommandOptions> = {},
): Deno.Command {
  const binary = Deno.env.get("BINLOGD_TEST_BINARY");
  const settings: Deno.CommandOptions = {
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { MYSQL_PWD: "secret", HOME: "/nonexistent", NO_COLOR: "1", ...env },
    ...io,
  };
  if (binary) return new Deno.Command(binary, { ...settings, args });
  return new Deno.Command(Deno.execPath(), {
    ...settings,
    env: { DENO_DIR: Deno.env.get("DENO_DIR") ?? denoDir(), ...settings.env },
    args: [
      "run",
      "-A",
      "--quiet",
      `--config=${CONFIG}`,
      "--unsafely-ignore-certificate-errors=no-verify.invalid",
      MAIN,
      ...args,
    ],
  });
}

function denoDir(): string {
  return `${Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME")}/.cache`}/deno`;
}

/** A run that has not ended by then hangs. Files beyond 4 GiB take their time. */
const RUN_LIMIT_MS = Deno.env.get("BINLOGD_TEST_LARGE") ? 1_200_000 : 120_000;

/** Runs binlogd to its end; one that hangs is killed, and its output says so. */
export async function binlogd(
  args: string[],
  env: Record<string, string> = {},
): Promise<BinlogdRun> {
  const child = binlogdCommand(args, env).spawn();
  let late = "";
  const timer = setTimeout(() => {
    late = `\nkilled: no end within ${RUN_LIMIT_MS} ms`;
    child.kill("SIGKILL");
  }, RUN_LIMIT_MS);
  const { code, stdout, stderr } = await child.output();
  clearTimeout(timer);
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) + late };
}

/** A binlogd that runs beside the test; its output is collected. */
export class RunningBinlogd {
  readonly #child: Deno.ChildProcess;
  readonly #stderr: Promise<string>;
  #seen = "";
  #code: number | undefined;

  constructor(args: string[], env: Record<string, string> = {}) {
    this.#child = binlogdCommand(args, env, { stdout: "null" }).spawn();
    this.#child.status.then(({ code }) => this.#code = code);
    this.#stderr = this.#collect();
  }

  async #collect(): Promise<string> {
    const decoder = new TextDecoder();
    for await (const chunk of this.#child.stderr) {
      this.#seen += decoder.decode(chunk, { stream: true });
    }
    return this.#seen;
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** What it has logged so far. */
  get log(): string {
    return this.#seen;
  }

  /** Sends a signal; nothing happens when the process is gone. */
  kill(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch {
      // ended by itself
    }
  }

  /** Waits for its end. */
  async ended(): Promise<{ code: number; stderr: string }> {
    const { code } = await this.#child.status;
    return { code, stderr: await this.#stderr };
  }

  /** Waits until `done` says so. */
  async until(done: () => boolean | Promise<boolean>, limitMs = 60_000): Promise<void> {
    const check = async (): Promise<boolean> => {
      if (await done()) return true;
      if (this.#code === undefined) return false;
      // What it said last may come after the news of its end.
      await this.#stderr;
      if (await done()) return true;
      throw new Error(`binlogd ended (${this.#code}): ${this.#seen}`);
    };
    await waitUntil(check, limitMs, () => this.#seen);
  }

  /** SIGTERM, and its end. */
  async stop(): Promise<{ code: number; stderr: string }> {
    this.kill("SIGTERM");
    return await this.ended();
  }
}

/** Polls until `done`; throws with `what` after the limit. */
export async function waitUntil(
  done: () => boolean | Promise<boolean>,
  limitMs = 60_000,
  what: () => string = () => "",
): Promise<void> {
  for (const start = Date.now(); !await done();) {
    if (Date.now() - start > limitMs) throw new Error(`not within ${limitMs} ms: ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** URL of a test server for `binlogd`. */
export function sourceUrl(server: RealServer, user = "repl", port = server.port): string {
  return `mysql://${user}@127.0.0.1:${port}`;
}

/** Whether the store's newest file has come as far as the server's. */
export async function caughtUp(server: RealServer, dir: string): Promise<boolean> {
  const { file, position } = await server.binlogEnd();
  const size = await Deno.stat(`${dir}/${file}`).then((info) => info.size, () => -1);
  return size >= position;
}
