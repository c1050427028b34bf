import { parseArgs } from "@std/cli/parse-args";
import { UsageError } from "../errors.ts";
import type { Command, OptionSpec, OptionValues } from "./command.ts";
import { parseDuration, parseInteger, parseSize, parseTime } from "./option_values.ts";

/** What a command line says. */
export interface ParsedCommandLine {
  positionals: string[];
  options: OptionValues;
  help: boolean;
}

/** Edits that turn `a` into `b`, for suggestions. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** The name nearest to `word` among `names`, when it is near at all. */
export function nearest(word: string, names: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const name of names) {
    const edits = distance(word, name);
    if (edits < least) [best, least] = [name, edits];
  }
  return best;
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
  const near = nearest(name, Object.keys(command.options));
  throw new UsageError(`Unknown option --${name}`, {
    hint: near ? `did you mean --${near}?` : `binlogd help ${command.name}`,
  });
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
