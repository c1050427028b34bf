const UTF8 = new TextEncoder();
const INTERVAL_MS = 250;

function columns(): number {
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80;
  }
}

function write(text: string): void {
  try {
    Deno.stderr.writeSync(UTF8.encode(text));
  } catch {
    // A closed terminal must not stop a dump.
  }
}

/** One line at the bottom of a terminal, rewritten in place; log lines go above it. */
export class ProgressLine {
  readonly #render: () => string;
  readonly #timer: ReturnType<typeof setInterval>;
  #shown = false;

  constructor(render: () => string) {
    this.#render = render;
    this.#timer = setInterval(() => this.#show(), INTERVAL_MS);
  }

  #show(): void {
    const text = this.#render();
    if (text === "") return;
    write(`\r\x1b[K${text.slice(0, columns() - 1)}`);
    this.#shown = true;
  }

  /** Writes a log line above the progress line. */
  readonly above = (line: string): void => {
    write(`${this.#shown ? "\r\x1b[K" : ""}${line}\n`);
    this.#shown = false;
  };

  /** Removes the line. */
  stop(): void {
    clearInterval(this.#timer);
    if (this.#shown) write("\r\x1b[K");
  }
}
