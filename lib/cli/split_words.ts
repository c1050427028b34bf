import { UsageError } from "../errors.ts";

/**
 * Words of a command line as a shell would cut it: at blanks outside of quotes. Within '…' every
 * character stands for itself; outside of quotes a backslash takes the meaning from the next
 * character, within "…" from a quote, a backslash, $ or `. Nothing else a shell knows means anything.
 * @throws {UsageError} where a quote or backslash has no end, or there is no word. `what` names it.
 */
export function splitWords(what: string, text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (c === "\\" && quote !== "'") {
      if (++i === text.length) {
        throw new UsageError(`Cannot read ${what}: it ends with a backslash`);
      }
      const kept = quote === '"' && !/["\\$`]/.test(text[i]!) ? c : "";
      word = (word ?? "") + kept + text[i];
    } else if (c === quote) quote = "";
    else if (quote === "" && (c === "'" || c === '"')) {
      quote = c;
      word ??= "";
    } else if (quote === "" && /[ \t\r\n]/.test(c)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + c;
  }
  if (quote !== "") throw new UsageError(`Cannot read ${what}: ${quote} has no end`);
  if (word !== undefined) words.push(word);
  if (words.length === 0 || words[0] === "") {
    throw new UsageError(`Cannot read ${what}: it names no program`);
  }
  return words;
}
