import { UsageError } from "../errors.ts";
import { STANDARD_ERROR } from "../standard_error.ts";

const END_OF_INPUT = 0x04;
const BACKSPACE = 0x08;
const KILL_LINE = 0x15;
const DELETE = 0x7f;
/** What ends a process that waits at a prompt, and its exit status then. */
const SIGNALS = {
  SIGHUP: 129,
  SIGINT: 130,
  SIGQUIT: 131,
  SIGUSR1: 138,
  SIGUSR2: 140,
  SIGTERM: 143,
} as const;

/** Bytes of a line as a terminal without echo gives them; undefined as long as it has no end. */
class SecretLine {
  #bytes: number[] = [];

  take(byte: number): string | undefined {
    if (byte === 0x0a || byte === 0x0d || byte === END_OF_INPUT) return this.text();
    if (byte === KILL_LINE) this.clear();
    else if (byte === BACKSPACE || byte === DELETE) this.#erase();
    else this.#bytes.push(byte);
    return undefined;
  }

  /** Forgets what was typed. */
  clear(): void {
    this.#bytes = [];
  }

  /** Takes away a character, which in UTF-8 may be several bytes. */
  #erase(): void {
    let last = this.#bytes.pop();
    while (last !== undefined && (last & 0xc0) === 0x80) last = this.#bytes.pop();
  }

  text(): string {
    return new TextDecoder().decode(Uint8Array.from(this.#bytes));
  }
}

/** Reads a line from a terminal that does not echo. */
async function readSecretLine(line: SecretLine): Promise<string> {
  const byte = new Uint8Array(1);
  // Byte by byte: what follows the line is for whoever reads next.
  while (await Deno.stdin.read(byte)) {
    const text = line.take(byte[0]!);
    if (text !== undefined) return text;
  }
  return line.text();
}

/** The terminal at a prompt: silent from {@link ask} until {@link restore}. */
class SilentTerminal {
  readonly #prompt: string;

  constructor(prompt: string) {
    this.#prompt = prompt;
  }

  /** What is typed as soon as the prompt is seen must not be shown: it comes last. */
  ask(): void {
    Deno.stdin.setRaw(true, { cbreak: true });
    STANDARD_ERROR.write(this.#prompt);
  }

  /** Never throws: a terminal that was closed has nothing to restore. */
  restore(): void {
    try {
      Deno.stdin.setRaw(false);
      STANDARD_ERROR.writeNow("\n");
    } catch {
      // Nobody is there.
    }
  }
}

/** The listeners of a prompt: signals that end the process, and that of its going on after a stop. */
function listenersOf(terminal: SilentTerminal, line: SecretLine): [Deno.Signal, () => void][] {
  const ends = Object.entries(SIGNALS).map(([signal, code]): [Deno.Signal, () => void] => {
    const end = (): void => {
      terminal.restore();
      Deno.exit(code);
    };
    return [signal as Deno.Signal, end];
  });
  // The shell that had the terminal meanwhile has set it up for itself. A new prompt, a new line.
  const askAgain = (): void => {
    line.clear();
    terminal.ask();
  };
  return [...ends, ["SIGCONT", askAgain]];
}

/**
 * Asks for the password of `user` on the terminal. There is nothing to finish yet, so that Ctrl-C,
 * SIGTERM and their like end the process as they would without our handlers, with the terminal as it
 * was. Where there is no terminal, the error says what is `missing`, and with `hint` what to do.
 */
export async function promptPassword(
  user: string,
  {
    missing = "No password given",
    hint = "use --password-file, MYSQL_PWD or an option file",
    prompt = `Password for ${user}: `,
  } = {},
): Promise<string> {
  if (!Deno.stdin.isTerminal()) {
    throw new UsageError(`${missing}, and no terminal to ask on`, { hint });
  }
  const line = new SecretLine();
  const terminal = new SilentTerminal(prompt);
  const listeners = listenersOf(terminal, line);
  for (const [signal, listener] of listeners) Deno.addSignalListener(signal, listener);
  try {
    terminal.ask();
    // Not the synchronous read of a prompt: no handler of a signal runs while it waits.
    return await readSecretLine(line);
  } finally {
    for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
    terminal.restore();
  }
}
