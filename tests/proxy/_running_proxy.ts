import { binlogdCommand, waitUntil } from "../_binlogd.ts";

/** A `binlogd proxy` that runs beside a test; what it prints and logs is collected. */
export class RunningProxy {
  readonly #child: Deno.ChildProcess;
  readonly #done: Promise<unknown>;
  #stdout = "";
  #stderr = "";
  #ended = false;

  private constructor(args: string[]) {
    this.#child = binlogdCommand(["proxy", ...args]).spawn();
    this.#done = Promise.all([
      this.#collect(this.#child.stdout, (text) => this.#stdout += text),
      this.#collect(this.#child.stderr, (text) => this.#stderr += text),
      this.#child.status.then(() => this.#ended = true),
    ]);
  }

  /** Starts it on a loopback port of the system's choice, or where `--listen` in `args` says. */
  static async start(...args: string[]): Promise<RunningProxy> {
    const listen = args.includes("--listen") ? [] : ["--listen", "127.0.0.1:0"];
    const proxy = new RunningProxy([...listen, ...args]);
    await waitUntil(
      () => {
        if (proxy.#ended) throw new Error(`binlogd proxy ended: ${proxy.#stderr}`);
        return /(listening|replaying) listen=/.test(proxy.#stderr);
      },
      60_000,
      () => proxy.#stderr,
    );
    return proxy;
  }

  async #collect(stream: ReadableStream<Uint8Array>, add: (text: string) => void): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) add(decoder.decode(chunk, { stream: true }));
  }

  get pid(): number {
    return this.#child.pid;
  }

  get port(): number {
    return Number(/listen=127\.0\.0\.1:(\d+)/.exec(this.#stderr)?.[1]);
  }

  /** What it has printed so far. */
  get output(): string {
    return this.#stdout;
  }

  /** What it has logged so far. */
  get log(): string {
    return this.#stderr;
  }

  /** Waits until the output holds `text`. */
  async printed(text: string | RegExp, limitMs = 60_000): Promise<void> {
    const found = (): boolean =>
      typeof text === "string" ? this.#stdout.includes(text) : text.test(this.#stdout);
    await waitUntil(found, limitMs, () => `${text} not in:\n${this.#stdout.slice(-3000)}`);
  }

  /** SIGTERM, and its end; returns the exit status. */
  async stop(): Promise<number> {
    try {
      this.#child.kill("SIGTERM");
    } catch {
      // ended by itself
    }
    await this.#done;
    return (await this.#child.status).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
