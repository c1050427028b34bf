/** Where the password for the source comes from. */
import { assertEquals, assertRejects } from "@std/assert";
import type { CommandContext } from "../../lib/cli/command.ts";
import { readPassword } from "../../lib/cli/source_password.ts";
import { UsageError } from "../../lib/errors.ts";
import { Logger } from "../../lib/log.ts";

function contextOf(file: string): CommandContext {
  return {
    positionals: [],
    options: { "password-file": file },
    log: new Logger({ write: () => {} }),
    signal: new AbortController().signal,
    stdout: () => {},
    terminal: false,
  };
}

/** The password that is found in this file, with these bytes as standard input, and what is left. */
async function found(file: string, input: Uint8Array): Promise<[string | undefined, string]> {
  const { read, isTerminal } = Deno.stdin;
  let at = 0;
  Deno.stdin.isTerminal = () => false;
  Deno.stdin.read = (buffer) => {
    const part = input.subarray(at, at + buffer.length);
    buffer.set(part);
    at += part.length;
    return Promise.resolve(part.length === 0 ? null : part.length);
  };
  try {
    const password = await readPassword(contextOf(file), undefined, "repl");
    return [password, new TextDecoder().decode(input.subarray(at))];
  } finally {
    Object.assign(Deno.stdin, { read, isTerminal });
  }
}

Deno.test("a password file can be standard input, which an executable can't open as a file", async () => {
  const utf8 = new TextEncoder();
  for (const file of ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"]) {
    assertEquals(await found(file, utf8.encode("hunt\u00e9r2\nmore\n")), [
      "hunt\u00e9r2",
      "more\n",
    ]);
    assertEquals(await found(file, utf8.encode("\ufeffno end")), ["no end", ""]);
    assertEquals(await found(file, utf8.encode("dos\r\n")), ["dos", ""]);
    assertEquals(await found(file, new Uint8Array()), ["", ""]);
  }
});

Deno.test("standard input without end is no password", async () => {
  await assertRejects(() => found("-", new Uint8Array(10_000_000)), UsageError, "no line of");
});
