import { UsageError } from "../errors.ts";

const UTF8 = new TextEncoder();
const END_OF_INPUT = 0x04;
const BACKSPACE = 0x08;
const KILL_LINE = 0x15;
const DELETE = 0x7f;
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/** Bytes of a line as a terminal without echo gives them; undefined as long as it has no end. */
class SecretLine {
  #bytes: number[] = [];

  take(byte: number): string | undefined {
    if (byte === 0x0a || byte === 0x0d || byte === END_OF_INPUT) return this.text();
    if (byte === KILL_LINE) this.#bytes = [];
    else if (byte === BACKSPACE || byte === DELETE) this.#erase();
    else this.#bytes.push(byte);
    return undefined;
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
async function readSecretLine(): Promise<string> {
  const line = new SecretLine();
  const byte = new Uint8Array(1);
  // Byte by byte: what follows the line is for whoever reads next.
  while (await Deno.stdin.read(byte)) {
    const text = line.take(byte[0]!);
    if (text !== undefined) return text;
  }
  return line.text();
}

/**
 * Asks for the password of `user` on the terminal. There is nothing to finish yet, so that Ctrl-C
 * and SIGTERM end the process as they would without our handlers, with the terminal as it was. Where
 * there is no terminal, the error says what is `missing`, and with `hint` what to do.
 */
export async function promptPassword(
  user: string,
  { missing = "No password given", hint = "use --password-file, MYSQL_PWD or an option file" } = {},
): Promise<string> {
  if (!Deno.stdin.isTerminal()) {
    throw new UsageError(`${missing}, and no terminal to ask on`, { hint });
  }
  const restore = (): void => {
    Deno.stdin.setRaw(false);
    Deno.stderr.writeSync(UTF8.encode("\n"));
  };
  const ends = Object.entries(SIGNALS).map(([signal, code]) => {
    const end = (): void => {
      restore();
      Deno.exit(code);
    };
    return { signal: signal as Deno.Signal, end };
  });
  Deno.stderr.writeSync(UTF8.encode(`Password for ${user}: `));
  Deno.stdin.setRaw(true, { cbreak: true });
  for (const { signal, end } of ends) Deno.addSignalListener(signal, end);
  try {
    // Not the synchronous read of a prompt: no handler of a signal runs while it waits.
    return await readSecretLine();
  } finally {
    for (const { signal, end } of ends) Deno.removeSignalListener(signal, end);
    restore();
  }
}
