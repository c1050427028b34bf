import type { Logger } from "../log.ts";

/** How the text of an option is read. `flag` takes no value. */
export type OptionType = "flag" | "string" | "integer" | "size" | "duration" | "time";

/** One option of a command. Names are long, with dashes, as the mysql tools spell them. */
export interface OptionSpec {
  type: OptionType;
  /** Placeholder in the help text: `--dir DIR`. */
  value?: string;
  help: string;
  /** May be given more than once; the value is then an array. */
  multiple?: boolean;
  /** One-letter alias. */
  short?: string;
  /** Value of the option given without `=value` (`--semi-sync` = `--semi-sync=on`). */
  bare?: string;
  /** Heading under which the help lists it; "Options" when absent. */
  group?: string;
  /**
   * Not taken from option files: there the name is that of another command's setting, or the option
   * says what one run is to do and would leave things out of every other.
   */
  commandLineOnly?: true;
}

/**
 * Parsed values by option name. `flag` → boolean; `integer` → number; `size` (1K, 16M, 2G) → bytes;
 * `duration` (500ms, 10s, 5m, 1h, plain number = seconds) → milliseconds; `time` (local, Z or
 * offset) → Date; `string` → string; `multiple` → array of these. Absent options are undefined.
 */
export type OptionValues = Record<string, unknown>;

/** What a command gets to work with. */
export interface CommandContext {
  /** Arguments that are not options. */
  positionals: string[];
  options: OptionValues;
  log: Logger;
  /** Aborted by the first SIGINT or SIGTERM: finish the batch, sync, return. */
  signal: AbortSignal;
  /** Writes to standard output; throws ClosedOutput, which ends the program with 0. */
  stdout: (bytes: Uint8Array | string) => void;
  /** Whether standard error is a terminal, so that a progress line makes sense. */
  terminal: boolean;
}

/** One command of the program; each file in lib/cli named for a command exports one. */
export interface Command {
  name: string;
  /** One line for `binlogd help`. */
  summary: string;
  /** Lines after "Usage: ". */
  usage: string[];
  /** Paragraphs of the help text. */
  description: string;
  options: Record<string, OptionSpec>;
  /** Example command lines, each with what it does. */
  examples: { command: string; what: string }[];
  /** Runs and returns the exit code. Throws BinlogdError for what went wrong. */
  run(context: CommandContext): Promise<number>;
}
