import { printable } from "../binlog/values/printable.ts";
import { BinlogdError } from "../errors.ts";
import type { LogFormat } from "../log.ts";
import { ClosedOutput } from "./closed_output.ts";

/** Exit status for faults in binlogd itself. */
const EXIT_BUG = 70;
const UTF8 = new TextEncoder();

function writeError(text: string): void {
  try {
    Deno.stderr.writeSync(UTF8.encode(text));
  } catch {
    // Nobody is there to read it.
  }
}

/** Whether an error, whatever was made of it on its way, comes from an output that was closed. */
function isClosedOutput(error: unknown): boolean {
  if (error instanceof ClosedOutput) return true;
  return error instanceof Error && error.cause !== undefined && isClosedOutput(error.cause);
}

/**
 * What helps where the runtime refused: an executable of `deno compile` may use files anywhere but
 * below these folders, for which it would have to be allowed everything.
 */
function refusedHint(error: BinlogdError): string | undefined {
  if (!(error.cause instanceof Deno.errors.NotCapable)) return undefined;
  if (error.details.file === "/dev/stdin") return "- is standard input";
  return "the executable can't use files below /dev, /proc and /sys, nor write below /etc: " +
    "choose another folder";
}

/**
 * Prints what went wrong to standard error, with where, expected, found and what to try; returns
 * the exit status. A reader that closed the pipe early is no error.
 */
export function printError(error: unknown, format: LogFormat = "text"): number {
  if (isClosedOutput(error)) return 0;
  if (!(error instanceof BinlogdError)) {
    const text = error instanceof Error ? error.stack ?? error.message : String(error);
    writeError(`binlogd: unexpected error, please report it:\n${text}\n`);
    return EXIT_BUG;
  }
  const { file, position, expected, found, code } = error.details;
  const hint = refusedHint(error) ?? error.details.hint;
  if (format === "json") {
    const time = new Date().toISOString();
    writeError(
      JSON.stringify({
        time,
        level: "error",
        message: error.message,
        error: error.name,
        file,
        position,
        expected,
        found,
        code,
        hint,
        exit_code: error.exitCode,
      }) + "\n",
    );
    return error.exitCode;
  }
  const lines = [`binlogd: ${error.message}`];
  if (file !== undefined && !error.message.includes(file)) lines.push(`  file: ${file}`);
  if (position !== undefined && !error.message.includes(String(position))) {
    lines.push(`  position: ${position}`);
  }
  if (expected !== undefined && !error.message.includes(expected)) {
    lines.push(`  expected: ${expected}`);
  }
  if (found !== undefined && !error.message.includes(found)) lines.push(`  found: ${found}`);
  if (hint !== undefined) lines.push(`Try: ${hint}`);
  // What servers and files say of themselves is no command to the terminal.
  writeError(lines.map(printable).join("\n") + "\n");
  return error.exitCode;
}
