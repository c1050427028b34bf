import type { Command, OptionSpec } from "./command.ts";
import { EXIT_CODES } from "./exit_codes.ts";

const WIDTH = 98;

/** Wraps a paragraph at `width`, each line behind `indent` spaces. */
function wrap(text: string, indent: number, width = WIDTH): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line && line.length + word.length + 1 > width - indent) {
      lines.push(line);
      line = word;
    } else line = line ? `${line} ${word}` : word;
  }
  if (line) lines.push(line);
  return lines.map((entry) => " ".repeat(indent) + entry).join("\n");
}

function optionHead(name: string, spec: OptionSpec): string {
  const short = spec.short ? `-${spec.short}, ` : "    ";
  if (spec.type === "flag") return `  ${short}--${name}`;
  const value = spec.value ?? "VALUE";
  return `  ${short}--${name}${spec.bare === undefined ? `=${value}` : `[=${value}]`}`;
}

function optionLines(options: Record<string, OptionSpec>): string {
  const groups = new Map<string, string[]>();
  for (const [name, spec] of Object.entries(options)) {
    const group = spec.group ?? "Options";
    const entry = `${optionHead(name, spec)}\n${wrap(spec.help, 10)}`;
    groups.set(group, [...(groups.get(group) ?? []), entry]);
  }
  return [...groups].map(([name, entries]) => `${name}:\n${entries.join("\n")}`).join("\n\n");
}

/** Help text of one command. */
export function commandHelp(command: Command): string {
  const usage = command.usage.map((line) => `  binlogd ${line}`).join("\n");
  const examples = command.examples.map(({ command: line, what }) => `  ${line}\n${wrap(what, 6)}`);
  return [
    `binlogd ${command.name}: ${command.summary}`,
    `Usage:\n${usage}`,
    command.description.trim().split(/\n\s*\n/).map((text) => wrap(text, 0)).join("\n\n"),
    optionLines(command.options),
    `Examples:\n${examples.join("\n")}`,
    "Exit codes are listed by: binlogd help",
  ].filter((part) => part !== "").join("\n\n") + "\n";
}

/** Help text of the program. */
export function programHelp(commands: readonly { name: string; summary: string }[]): string {
  const longest = Math.max(...commands.map(({ name }) => name.length));
  const list = commands.map(({ name, summary }) => `  ${name.padEnd(longest)}  ${summary}`);
  const codes = EXIT_CODES.map(({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`);
  return `binlogd: a binlog server for MySQL and MariaDB

Usage:
  binlogd COMMAND [OPTIONS] [ARGUMENTS]
  binlogd COMMAND --help

Commands:
${list.join("\n")}

Exit codes:
${codes.join("\n")}
`;
}
