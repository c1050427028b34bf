const HERE = new URL("./", import.meta.url).pathname;
const NO_VERIFY = "--unsafely-ignore-certificate-errors=no-verify.invalid";

/** What a reading program says: numbers by name. */
export type Found = Record<string, number>;

/** One of the reading programs beside this one, in a process of its own; it prints lines of JSON. */
export class ReaderProcess {
  readonly #child: Deno.ChildProcess;
  readonly #lines: AsyncGenerator<string>;
  readonly #errors: Promise<string>;

  constructor(name: string, ...args: number[]) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", NO_VERIFY, `${HERE}${name}.ts`, ...args.map(String)],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#lines = linesOf(this.#child.stdout);
    this.#errors = new Response(this.#child.stderr).text();
  }

  /** What it says next. */
  async next(): Promise<Found> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(await this.#errors);
    return JSON.parse(value);
  }

  /** Ends it, if it has not ended by itself. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // gone already
    }
    await this.#child.status;
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    const lines = (text + decoder.decode(chunk, { stream: true })).split("\n");
    text = lines.pop()!;
    yield* lines;
  }
}
