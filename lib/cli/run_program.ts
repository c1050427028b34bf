import { UsageError } from "../errors.ts";
import { Logger } from "../log.ts";
import { STANDARD_ERROR } from "../standard_error.ts";
import { isSystemError } from "../store/is_system_error.ts";
import { parseCommandLine } from "./args.ts";
import { ClosedOutput } from "./closed_output.ts";
import type { Command, CommandContext, OptionValues } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { EndedBySignal } from "./ended_by_signal.ts";
import { commandHelp, programHelp } from "./help.ts";
import { loggerOptions, withLogOptions } from "./log_options.ts";
import { nearest } from "./nearest.ts";
import { applyOptionFiles } from "./option_file.ts";
import { OutputError } from "./output_error.ts";
import { printError } from "./print_error.ts";

const UTF8 = new TextEncoder();

function writeStdout(data: Uint8Array | string): void {
  const bytes = typeof data === "string" ? UTF8.encode(data) : data;
  let done = 0;
  try {
    while (done < bytes.length) done += Deno.stdout.writeSync(bytes.subarray(done));
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) throw new ClosedOutput();
    if (!isSystemError(error)) throw error;
    throw new OutputError(`Cannot write standard output: ${error.message}`, { cause: error });
  }
}

/** Aborted by the first signal; the second one ends the process at once. */
function signalsToAbort(): AbortController {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(name, () => {
      const ended = new EndedBySignal(name);
      if (controller.signal.aborted) Deno.exit(ended.exitCode);
      controller.abort(ended);
    });
  }
  return controller;
}

async function findCommand(name: string): Promise<Command> {
  const entry = COMMANDS.find((one) => one.name === name);
  if (entry) return withLogOptions(await entry.load());
  const near = nearest(name, COMMANDS.map((entry) => entry.name));
  throw new UsageError(`Unknown command ${name}`, {
    hint: near ? `did you mean binlogd ${near}?` : "binlogd help",
  });
}

/** What the words say of --log-format, which holds for the error where they can't be read, too. */
function formatIn(words: string[]): string | undefined {
  const end = words.indexOf("--");
  const before = end < 0 ? words : words.slice(0, end);
  const at = before.findIndex((word) => /^--log[-_]format(=|$)/.test(word));
  return at < 0 ? undefined : before[at]!.split("=")[1] ?? before[at + 1];
}

/**
 * Runs the program for these words of the command line; returns the exit status, with all that it had
 * to say on standard error.
 */
export async function runProgram(words: string[]): Promise<number> {
  let options: OptionValues = { "log-format": formatIn(words) };
  try {
    const [first, ...rest] = words;
    if (first === undefined || ["help", "--help", "-h", "-?"].includes(first)) {
      const about = first === "help" ? rest.find((word) => !word.startsWith("-")) : undefined;
      writeStdout(about ? commandHelp(await findCommand(about)) : programHelp(COMMANDS));
      return 0;
    }
    const command = await findCommand(first === "--version" || first === "-V" ? "version" : first);
    const parsed = parseCommandLine(command, rest);
    if (parsed.help) {
      writeStdout(commandHelp(command));
      return 0;
    }
    options = parsed.options;
    // Whoever wants to know what this is gets to know it, whatever is in those files.
    const warnings = command.name === "version" ? [] : await applyOptionFiles(command, options);
    const log = new Logger(loggerOptions(options));
    STANDARD_ERROR.whenDropped = (lines) =>
      log.warning("nobody read the log: lines were dropped", { lines });
    const context: CommandContext = {
      positionals: parsed.positionals,
      options,
      log,
      signal: signalsToAbort().signal,
      stdout: writeStdout,
      terminal: Deno.stderr.isTerminal(),
    };
    for (const warning of warnings) log.warning(warning);
    if (typeof options.umask === "string") Deno.umask(parseInt(options.umask, 8));
    return await command.run(context);
  } catch (error) {
    return printError(error, options["log-format"] === "json" ? "json" : "text");
  } finally {
    await STANDARD_ERROR.flush();
  }
}
