import { jsonText } from "../binlog/values/json_text.ts";
import { printable } from "../binlog/values/printable.ts";
import { BinlogdError, ConnectionError, StoreError } from "../errors.ts";
import type { LogFormat } from "../log.ts";
import { STANDARD_ERROR } from "../standard_error.ts";
import { isSystemError } from "../store/is_system_error.ts";
import { ClosedOutput } from "./closed_output.ts";

/** Exit status for faults in binlogd itself. */
const EXIT_BUG = 70;
/** What the system says of connections; all else is about files. */
const NETWORK = [
  Deno.errors.AddrInUse,
  Deno.errors.AddrNotAvailable,
  Deno.errors.BrokenPipe,
  Deno.errors.ConnectionAborted,
  Deno.errors.ConnectionRefused,
  Deno.errors.ConnectionReset,
  Deno.errors.NetworkUnreachable,
  Deno.errors.NotConnected,
  Deno.errors.TimedOut,
];

/** Whether an error, whatever was made of it on its way, comes from an output that was closed. */
function isClosedOutput(error: unknown): boolean {
  if (error instanceof ClosedOutput) return true;
  return error instanceof Error && error.cause !== undefined && isClosedOutput(error.cause);
}

/**
 * The error as one of ours; undefined for what is a fault in binlogd. What the operating system
 * refuses is none, even where nobody thought of saying what was being done.
 */
function expectedError(error: unknown): BinlogdError | undefined {
  if (error instanceof BinlogdError) return error;
  if (!isSystemError(error) || isOurFault(error)) return undefined;
  const isNetwork = NETWORK.some((kind) => error instanceof kind);
  return new (isNetwork ? ConnectionError : StoreError)(error.message, { cause: error });
}

/** A call that no file and no system can make right: a wrong argument, a handle not opened for it. */
function isOurFault(error: Error): boolean {
  return error instanceof TypeError || (error as { code?: unknown }).code === "EBADF";
}

/**
 * What helps where the runtime refused: an executable of `deno compile` may use files anywhere but
 * below these folders, for which it would have to be allowed everything.
 */
function refusedHint(error: BinlogdError): string | undefined {
  if (!(error.cause instanceof Deno.errors.NotCapable)) return undefined;
  if (error.details.file === "/dev/stdin") return "- is standard input";
  return "the executable can't use files below /dev, /proc and /sys: choose another folder";
}

function writeJson(values: Record<string, unknown>): void {
  STANDARD_ERROR.write(
    jsonText({ time: new Date().toISOString(), level: "error", ...values }) + "\n",
  );
}

/** Prints a fault in binlogd, with all that helps to find it. */
function printFault(error: unknown, format: LogFormat): number {
  const message = "unexpected error, please report it";
  const stack = error instanceof Error ? error.stack ?? error.message : String(error);
  if (format === "json") writeJson({ message, stack, exit_code: EXIT_BUG });
  else {
    const lines = stack.split("\n").map(printable);
    STANDARD_ERROR.write(`binlogd: ${message}:\n${lines.join("\n")}\n`);
  }
  return EXIT_BUG;
}

/**
 * Prints what went wrong to standard error, with where, expected, found and what to try; returns
 * the exit status. A reader that closed the pipe early is no error.
 */
export function printError(thrown: unknown, format: LogFormat = "text"): number {
  if (isClosedOutput(thrown)) return 0;
  const error = expectedError(thrown);
  if (!error) return printFault(thrown, format);
  const { file, position, expected, found, code } = error.details;
  const hint = refusedHint(error) ?? error.details.hint;
  if (format === "json") {
    const { message, name, exitCode } = error;
    writeJson({
      message,
      error: name,
      file,
      position,
      expected,
      found,
      code,
      hint,
      exit_code: exitCode,
    });
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
  STANDARD_ERROR.write(lines.map(printable).join("\n") + "\n");
  return error.exitCode;
}
