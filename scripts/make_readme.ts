/** Writes the tables of README.md that come from the code: exit codes and source errors. */
import { EXIT_CODES } from "../lib/cli/exit_codes.ts";
import { errorRulesMarkdown } from "../lib/source/error_policy.ts";

/** Where README.md is. */
export const README = new URL("../README.md", import.meta.url).pathname;

function replaceBetween(text: string, name: string, table: string): string {
  const begin = `<!-- ${name} -->\n`;
  const end = `<!-- end of ${name} -->`;
  const from = text.indexOf(begin) + begin.length;
  const to = text.indexOf(end);
  if (from < begin.length || to < from) throw new Error(`README.md has no place for ${name}`);
  return `${text.slice(0, from)}\n${table.trim()}\n\n${text.slice(to)}`;
}

/** README.md with its tables as the code has them. */
export function withTables(readme: string): string {
  const rows = EXIT_CODES.map(({ code, meaning }) => `| ${code} | ${meaning} |`);
  const codes = ["| code | meaning |", "| --- | --- |", ...rows].join("\n");
  return replaceBetween(
    replaceBetween(readme, "exit codes", codes),
    "source errors",
    errorRulesMarkdown(),
  );
}

if (import.meta.main) {
  await Deno.writeTextFile(README, withTables(await Deno.readTextFile(README)));
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", README] }).output();
}
