import { SqlError } from "./sql_error.ts";

/** What a token is; `name` is a word in backticks. */
export type TokenKind = "word" | "name" | "string" | "number" | "symbol" | "end";

/** A piece of a statement; `start` and `end` are where it stands in the text. */
export interface Token {
  kind: TokenKind;
  /** The word, the text within quotes, or the symbol. */
  text: string;
  start: number;
  end: number;
}

/** Longer statements are refused: nothing that we answer is as long. */
const STATEMENT_MAX = 1024 * 1024;
const BLANK = /[\s\0]/;
const WORD_START = /[A-Za-z_$\u0080-\uffff]/;
const WORD = /[A-Za-z0-9_$\u0080-\uffff]*/y;
const NUMBER = /0[xX][0-9a-fA-F]+|\d+(\.\d+)?([eE][+-]?\d+)?/y;
const ESCAPES: Record<string, string> = {
  n: "\n",
  t: "\t",
  r: "\r",
  "0": "\0",
  b: "\b",
  Z: "\x1a",
};

/** Where a comment that begins at `at` ends; undefined where none begins. */
function commentEnd(text: string, at: number): number | undefined {
  const two = text.slice(at, at + 2);
  if (text[at] === "#" || (two === "--" && /\s|^$/.test(text[at + 2] ?? ""))) {
    const end = text.indexOf("\n", at);
    return end < 0 ? text.length : end + 1;
  }
  if (two !== "/*") return undefined;
  // What stands in /*! … */ is for servers such as we seem to be: only the marks are passed over.
  const executable = /^\/\*M?!\d*/.exec(text.slice(at, at + 10));
  if (executable) return at + executable[0].length;
  const end = text.indexOf("*/", at + 2);
  return end < 0 ? text.length : end + 2;
}

function quoted(text: string, at: number): { value: string; end: number } {
  const quote = text[at]!;
  let value = "";
  for (let i = at + 1; i < text.length; i++) {
    const char = text[i]!;
    if (char === quote) {
      if (text[i + 1] !== quote) return { value, end: i + 1 };
      i++;
    } else if (char === "\\" && quote !== "`") {
      const next = text[++i] ?? "";
      // Kept for LIKE, which has these as escapes of its own.
      value += next === "%" || next === "_" ? `\\${next}` : ESCAPES[next] ?? next;
      continue;
    }
    value += char;
  }
  throw new SqlError("PARSE_ERROR", "You have an error in your SQL syntax; a quote is not closed");
}

function sticky(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? "";
}

function nextToken(text: string, at: number): Token {
  const char = text[at]!;
  if (char === "'" || char === '"' || char === "`") {
    const { value, end } = quoted(text, at);
    return { kind: char === "`" ? "name" : "string", text: value, start: at, end };
  }
  const number = /\d/.test(char) ? sticky(NUMBER, text, at) : "";
  if (number) return { kind: "number", text: number, start: at, end: at + number.length };
  if (WORD_START.test(char)) {
    const word = sticky(WORD, text, at);
    return { kind: "word", text: word, start: at, end: at + word.length };
  }
  const double = /^(@@|:=|<=|>=|<>|!=)/.exec(text.slice(at, at + 2))?.[0];
  const symbol = double ?? char;
  return { kind: "symbol", text: symbol, start: at, end: at + symbol.length };
}

/**
 * Cuts a statement into tokens: words, `names`, 'strings', numbers, symbols; comments and blanks are
 * left out. The last token is of kind `end`.
 * @throws {SqlError} for a quote that is not closed, or a statement of over 1 MiB.
 */
export function tokenise(text: string): Token[] {
  if (text.length > STATEMENT_MAX) throw new SqlError("PARSE_ERROR", "The statement is too long");
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    if (BLANK.test(text[at]!)) {
      at++;
      continue;
    }
    const comment = commentEnd(text, at);
    if (comment !== undefined) {
      at = comment;
      continue;
    }
    if (text.startsWith("*/", at)) {
      at += 2;
      continue;
    }
    const token = nextToken(text, at);
    tokens.push(token);
    at = token.end;
  }
  tokens.push({ kind: "end", text: "", start: text.length, end: text.length });
  return tokens;
}
