import { parseArgs } from "@std/cli/parse-args";
import { UsageError } from "../errors.ts";
import type { Command, OptionSpec, OptionValues } from "./command.ts";
import { parseDuration, parseInteger, parseSize, parseTime } from "./option_values.ts";
import { unknownOption } from "./unknown_option.ts";

/** What a command line says. */
export interface ParsedCommandLine {
  positionals: string[];
  options: OptionValues;
  help: boolean;
}

/** Reads an option's text by its type. Throws UsageError that names the option. */
export function readOptionValue(name: string, spec: OptionSpec, text: string): unknown {
  const invalid = (expected: string): UsageError =>
    new UsageError(`Cannot read --${name}=${text}`, { expected, found: text });
  switch (spec.type) {
    case "flag":
      if (/^(1|on|true|yes)$/i.test(text)) return true;
      if (/^(0|off|false|no)$/i.test(text)) return false;
      throw invalid("no value");
    case "string":
      return text;
    case "integer":
      return parseInteger(text) ?? fail(invalid("a whole number"));
    case "size":
      return parseSize(text) ?? fail(invalid("a size such as 4096, 64K, 16M or 2G"));
    case "duration":
      return parseDuration(text) ?? fail(invalid("a duration such as 500ms, 10s, 5m or 1h"));
    case "time":
      return parseTime(text) ??
        fail(invalid("a time such as '2026-11-23 02:12:48', with Z or +01:00 if not local"));
  }
}

function fail(error: Error): never {
  throw error;
}

interface RawOption {
  name: string;
  value: string | undefined;
}

/** In front of names for @std/cli, which would read --no-defaults=true as a negation. */
const PREFIX = "option-";

/** The option that a word of the command line names. */
function findOption(command: Command, word: string): string {
  const short = /^-([A-Za-z])/.exec(word)?.[1];
  if (short !== undefined && !word.startsWith("--")) {
    const name = Object.keys(command.options).find((key) => command.options[key]!.short === short);
    if (name !== undefined) return name;
    throw new UsageError(`Unknown option ${word}`, { hint: `binlogd help ${command.name}` });
  }
  const name = word.slice(2).split("=")[0]!.replaceAll("_", "-");
  if (Object.hasOwn(command.options, name)) return name;
  throw unknownOption(command, name);
}

/** Throws UsageError for the value of an option that takes it behind = only, as of --semi-sync. */
function checkAfterBare(
  command: Command,
  raw: readonly RawOption[],
  before: string | undefined,
  word: string,
): void {
  const last = raw[raw.length - 1];
  if (!last || last.value !== undefined || !before?.startsWith("--")) return;
  const { bare, value } = command.options[last.name]!;
  if (bare === undefined || !value?.includes("|") || !value.split("|").includes(word)) return;
  throw new UsageError(`Unexpected argument ${word}`, { hint: `--${last.name}=${word}` });
}

/** Splits words into options with their values and the rest, by the command's specs. */
function splitWords(command: Command, words: string[]): {
  raw: RawOption[];
  positionals: string[];
  help: boolean;
} {
  const raw: RawOption[] = [];
  const positionals: string[] = [];
  let help = false;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === "--") {
      positionals.push(...words.slice(i + 1));
      break;
    }
    if (word === "--help" || word === "-?") {
      help = true;
      continue;
    }
    if (!word.startsWith("-") || word === "-") {
      checkAfterBare(command, raw, words[i - 1], word);
      positionals.push(word);
      continue;
    }
    const name = findOption(command, word);
    const spec = command.options[name]!;
    const inline = word.startsWith("--")
      ? (word.includes("=") ? word.slice(word.indexOf("=") + 1) : undefined)
      : (word.length > 2 ? word.slice(2).replace(/^=/, "") : undefined);
    if (inline !== undefined || spec.type === "flag" || spec.bare !== undefined) {
      raw.push({ name, value: inline });
      continue;
    }
    const next = words[++i];
    if (next === undefined || (next.startsWith("--") && next.length > 2)) {
      throw new UsageError(`Option --${name} needs a value`, {
        expected: `--${name}=${spec.value ?? "VALUE"}`,
      });
    }
    raw.push({ name, value: next });
  }
  return { raw, positionals, help };
}

/**
 * Reads a command line strictly: an unknown option, a repeated one, a missing or unreadable value
 * is a UsageError. The words are cut by the command's own specs; @std/cli then sees only
 * `--name=value` and collects them.
 */
export function parseCommandLine(command: Command, words: string[]): ParsedCommandLine {
  const { raw, positionals, help } = splitWords(command, words);
  if (help) return { positionals, options: {}, help };
  const names = Object.keys(command.options);
  const normal = raw.map(({ name, value }) => {
    const spec = command.options[name]!;
    return `--${PREFIX}${name}=${value ?? (spec.type === "flag" ? "true" : spec.bare)}`;
  });
  const keys = names.map((name) => PREFIX + name);
  const parsed = parseArgs(normal, { string: keys, collect: keys });
  const options: OptionValues = {};
  for (const name of names) {
    const texts = parsed[PREFIX + name] as string[] | undefined;
    if (!texts || texts.length === 0) continue;
    const spec = command.options[name]!;
    if (texts.length > 1 && !spec.multiple) {
      throw new UsageError(`Option --${name} is given ${texts.length} times`);
    }
    const values = texts.map((text) => readOptionValue(name, spec, text));
    options[name] = spec.multiple ? values : values[0];
  }
  return { positionals, options, help };
}
