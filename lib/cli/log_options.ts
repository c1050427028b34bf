import { UsageError } from "../errors.ts";
import type { LoggerOptions } from "../log.ts";
import type { Command, OptionSpec, OptionValues } from "./command.ts";

const COMMON_OPTIONS: Record<string, OptionSpec> = {
  "log-format": {
    type: "string",
    value: "text|json",
    help: "How log lines look: for people, or one JSON object a line.",
    group: "Common options",
  },
  quiet: { type: "flag", help: "Log warnings and errors only.", group: "Common options" },
  verbose: { type: "flag", help: "Log details too.", group: "Common options" },
  umask: {
    type: "string",
    value: "OCTAL",
    help: "Take these permission bits away too: files are made with 0640, folders with 0750.",
    group: "Common options",
  },
  "defaults-file": {
    type: "string",
    value: "FILE",
    help: "Read this option file and no other.",
    group: "Common options",
  },
  "defaults-extra-file": {
    type: "string",
    value: "FILE",
    help: "Read this option file after the usual ones.",
    group: "Common options",
  },
  "defaults-group-suffix": {
    type: "string",
    value: "SUFFIX",
    help: "Read groups with this suffix too: [binlogdSUFFIX].",
    group: "Common options",
  },
  "no-defaults": { type: "flag", help: "Read no option file.", group: "Common options" },
};

/** The command with the options that every command has; its own win. */
export function withLogOptions(command: Command): Command {
  return { ...command, options: { ...COMMON_OPTIONS, ...command.options } };
}

/** Logger settings from the common options. */
export function loggerOptions(options: OptionValues): LoggerOptions {
  const format = options["log-format"] ?? "text";
  if (format !== "text" && format !== "json") {
    throw new UsageError(`Cannot read --log-format=${format}`, { expected: "text or json" });
  }
  const umask = options.umask;
  if (umask !== undefined && !/^0?[0-7]{1,3}$/.test(String(umask))) {
    throw new UsageError(`Cannot read --umask=${umask}`, { expected: "octal digits such as 027" });
  }
  return { format, level: options.quiet ? "warning" : options.verbose ? "debug" : "info" };
}
