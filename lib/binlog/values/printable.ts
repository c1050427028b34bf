import { HIDDEN_CHARACTERS } from "./hidden_characters.ts";

const SHORT: Readonly<Record<string, string>> = { "\t": "\\t", "\n": "\\n", "\r": "\\r" };

function escape(character: string): string {
  const short = SHORT[character];
  if (short !== undefined) return short;
  const code = character.charCodeAt(0);
  return code < 0x80
    ? `\\x${code.toString(16).padStart(2, "0")}`
    : `\\u${code.toString(16).padStart(4, "0")}`;
}

/**
 * Text from a file, for a line on a terminal: what would end the line, command the terminal or hide
 * other text becomes `\n`, `\x1b` or `\u009b`.
 */
export function printable(text: string): string {
  return text.replace(HIDDEN_CHARACTERS, escape);
}
