import { STANDARD_ERROR } from "../standard_error.ts";

const INTERVAL_MS = 250;

function columns(): number {
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80;
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
    // A newer one comes soon enough.
    if (!STANDARD_ERROR.isIdle) return;
    const text = this.#render();
    if (text === "") return;
    STANDARD_ERROR.write(`\r\x1b[K${text.slice(0, columns() - 1)}`);
    this.#shown = true;
  }

  /** Writes a log line above the progress line. */
  readonly above = (line: string): void => {
    STANDARD_ERROR.write(`${this.#shown ? "\r\x1b[K" : ""}${line}\n`);
    this.#shown = false;
  };

  /** Removes the line. */
  stop(): void {
    clearInterval(this.#timer);
    if (this.#shown) STANDARD_ERROR.writeNow("\r\x1b[K");
  }
}
