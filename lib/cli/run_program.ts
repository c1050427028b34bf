import { UsageError } from "../errors.ts";
import { Logger } from "../log.ts";
import { nearest, parseCommandLine } from "./args.ts";
import { ClosedOutput } from "./closed_output.ts";
import type { Command, CommandContext, OptionValues } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { commandHelp, programHelp } from "./help.ts";
import { loggerOptions, withLogOptions } from "./log_options.ts";
import { applyOptionFiles } from "./option_file.ts";
import { printError } from "./print_error.ts";

const UTF8 = new TextEncoder();

function writeStdout(data: Uint8Array | string): void {
  const bytes = typeof data === "string" ? UTF8.encode(data) : data;
  let done = 0;
  try {
    while (done < bytes.length) done += Deno.stdout.writeSync(bytes.subarray(done));
  } catch (error) {
    throw error instanceof Deno.errors.BrokenPipe ? new ClosedOutput() : error;
  }
}

/** Aborted by the first signal; the second one ends the process at once. */
function signalsToAbort(): AbortController {
  const controller = new AbortController();
  const codes = { SIGINT: 130, SIGTERM: 143 } as const;
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(name, () => {
      if (controller.signal.aborted) Deno.exit(codes[name]);
      controller.abort(new Error(`ended by ${name}`));
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

/** Runs the program for these words of the command line; returns the exit status. */
export async function runProgram(words: string[]): Promise<number> {
  let options: OptionValues = {};
  try {
    const [first, ...rest] = words;
    if (first === undefined || first === "help" || first === "--help") {
      const about = first === "help" ? rest.find((word) => !word.startsWith("-")) : undefined;
      writeStdout(about ? commandHelp(await findCommand(about)) : programHelp(COMMANDS));
      return 0;
    }
    const command = await findCommand(first === "--version" ? "version" : first);
    const parsed = parseCommandLine(command, rest);
    if (parsed.help) {
      writeStdout(commandHelp(command));
      return 0;
    }
    options = parsed.options;
    const warnings = await applyOptionFiles(command, options);
    const context: CommandContext = {
      positionals: parsed.positionals,
      options,
      log: new Logger(loggerOptions(options)),
      signal: signalsToAbort().signal,
      stdout: writeStdout,
      terminal: Deno.stderr.isTerminal(),
    };
    for (const warning of warnings) context.log.warning(warning);
    if (typeof options.umask === "string") Deno.umask(parseInt(options.umask, 8));
    return await command.run(context);
  } catch (error) {
    return printError(error, options["log-format"] === "json" ? "json" : "text");
  }
}
