import { waitUntil } from "../../_binlogd.ts";
import type { Line, Settings } from "./_follow.ts";

const CONFIG = new URL("packages.json", import.meta.url).pathname;
/** What a program exits with when its package can't be had. */
const UNAVAILABLE = 69;
const LIMIT_MS = 60_000;

function command(program: string, args: string[]): Deno.Command {
  const path = new URL(`${program}.ts`, import.meta.url).pathname;
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", `--config=${CONFIG}`, path, ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  });
}

/** A change data capture client from npm at work, in a process of its own. */
export class CdcClient implements AsyncDisposable {
  /** What it has shown so far. */
  readonly lines: Line[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #output: Promise<unknown>;
  readonly #beside: Disposable | undefined;
  #errors = "";
  #code: number | undefined;

  /** Starts one of the programs of this folder; `beside` ends with it. */
  constructor(program: string, settings: Settings, beside?: Disposable) {
    this.#beside = beside;
    this.#child = command(program, [JSON.stringify(settings)]).spawn();
    this.#child.status.then(({ code }) => this.#code = code);
    this.#output = Promise.all([this.#readLines(), this.#readErrors()]);
  }

  /** Why a program can't run here: its package, or what that needs, can't be had. */
  static async missing(program: string): Promise<string | undefined> {
    const child = command(program, []).spawn();
    await child.stdin.close();
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, LIMIT_MS);
    const { code, stderr } = await child.output();
    clearTimeout(timer);
    if (late) return `not downloaded within ${LIMIT_MS} ms`;
    if (code === 0) return undefined;
    const said = new TextDecoder().decode(stderr).trim();
    if (code !== UNAVAILABLE) throw new Error(`${program} (${code}): ${said}`);
    return said;
  }

  async #readLines(): Promise<void> {
    let rest = "";
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        // Packages print what they like, too.
        if (line.startsWith('{"event":')) this.lines.push(JSON.parse(line));
        else this.#errors += `${line}\n`;
      }
    }
  }

  async #readErrors(): Promise<void> {
    for await (const text of this.#child.stderr.pipeThrough(new TextDecoderStream())) {
      this.#errors += text;
    }
  }

  /** All lines up to the first one that `last` is true of; waits for it. */
  async until(last: (line: Line) => boolean): Promise<Line[]> {
    const said = (): string => `${JSON.stringify(this.lines.slice(-3))} ${this.#errors}`;
    await waitUntil(
      () => {
        if (this.lines.some(last)) return true;
        if (this.#code !== undefined) throw new Error(`client ended (${this.#code}): ${said()}`);
        return false;
      },
      LIMIT_MS,
      said,
    );
    return this.lines.slice(0, this.lines.findIndex(last) + 1);
  }

  /** Its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.stdin.close().catch(() => {});
    await this.#child.status;
    await this.#output;
    this.#beside?.[Symbol.dispose]();
  }
}
