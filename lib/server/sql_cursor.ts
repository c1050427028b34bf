import { SqlError } from "./sql_error.ts";
import type { Expression, VariableScope } from "./sql_statement.ts";
import { type Token, tokenise } from "./sql_tokens.ts";

/** Nesting of function calls that is followed. */
const DEPTH_MAX = 16;

/** Walks over the tokens of a statement. Words are compared without regard to case. */
export class SqlCursor {
  readonly text: string;
  readonly #tokens: Token[];
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.text = text;
    this.#tokens = tokenise(text);
  }

  get token(): Token {
    return this.#tokens[this.#at]!;
  }

  /** End of the token before the current one. */
  get lastEnd(): number {
    return this.#at === 0 ? 0 : this.#tokens[this.#at - 1]!.end;
  }

  advance(): Token {
    const token = this.token;
    if (token.kind !== "end") this.#at++;
    return token;
  }

  /** Whether the next tokens are these words or symbols. */
  is(...words: string[]): boolean {
    return words.every((word, i) => {
      const token = this.#tokens[this.#at + i];
      return token !== undefined && (token.kind === "word" || token.kind === "symbol") &&
        token.text.toUpperCase() === word;
    });
  }

  /** Passes over these words if they are next. */
  take(...words: string[]): boolean {
    if (!this.is(...words)) return false;
    this.#at += words.length;
    return true;
  }

  expect(...words: string[]): void {
    if (!this.take(...words)) throw this.error();
  }

  /** A name, as a word or in backticks. */
  name(): string {
    const token = this.token;
    if (token.kind !== "word" && token.kind !== "name") throw this.error();
    this.advance();
    return token.text;
  }

  integer(): number {
    const token = this.advance();
    if (token.kind !== "number" || !/^\d{1,15}$/.test(token.text)) throw this.error();
    return Number(token.text);
  }

  string(): string {
    const token = this.advance();
    if (token.kind !== "string") throw this.error();
    return token.text;
  }

  /** Fails unless the statement ends here; a semicolon may come before its end. */
  end(): void {
    while (this.take(";"));
    if (this.token.kind !== "end") throw this.error();
  }

  error(): SqlError {
    const near = this.text.slice(this.token.start, this.token.start + 80);
    return new SqlError(
      "PARSE_ERROR",
      `You have an error in your SQL syntax; this is binlogd, which answers a few statements only; near '${near}'`,
    );
  }

  expression(): Expression {
    if (++this.#depth > DEPTH_MAX) throw this.error();
    const value = this.#primary();
    this.#depth--;
    return value;
  }

  #primary(): Expression {
    const token = this.token;
    if (this.take("(")) {
      const inner = this.expression();
      this.expect(")");
      return inner;
    }
    if (this.take("@@")) return this.systemVariable();
    if (this.take("@")) return { kind: "user variable", name: this.userVariableName() };
    if (this.is("-") || this.is("+")) {
      const sign = this.advance().text;
      const number = this.#number(this.advance());
      return { kind: "literal", value: sign === "-" ? -number : number };
    }
    if (token.kind === "number") {
      return { kind: "literal", value: this.#number(this.advance()) };
    }
    if (token.kind === "string") {
      let value = this.advance().text;
      while (this.token.kind === "string") value += this.advance().text;
      return { kind: "literal", value };
    }
    const name = this.name();
    if (token.kind === "name") return { kind: "word", name };
    if (this.take("(")) return { kind: "call", name: name.toUpperCase(), args: this.#args() };
    if (/^null$/i.test(name)) return { kind: "literal", value: null };
    return { kind: "word", name };
  }

  #args(): Expression[] {
    const args: Expression[] = [];
    if (this.take(")")) return args;
    do args.push(this.expression()); while (this.take(","));
    this.expect(")");
    return args;
  }

  #number(token: Token): number | bigint {
    if (token.kind !== "number") throw this.error();
    const value = Number(token.text);
    return Number.isInteger(value) && !Number.isSafeInteger(value) && /^\d+$/.test(token.text)
      ? BigInt(token.text)
      : value;
  }

  /** Name after @: a word, which may hold dots, or a string. */
  userVariableName(): string {
    if (this.token.kind === "string") return this.advance().text.toLowerCase();
    let name = this.name();
    while (this.take(".")) name += `.${this.name()}`;
    return name.toLowerCase();
  }

  /** What follows @@: [GLOBAL. | SESSION. | LOCAL.]name. */
  systemVariable(): { kind: "system variable"; scope: VariableScope; name: string } {
    let name = this.name().toLowerCase();
    let scope: VariableScope = "";
    if (this.take(".")) {
      scope = name === "global"
        ? "global"
        : name === "session" || name === "local"
        ? "session"
        : "";
      const rest = this.name().toLowerCase();
      name = scope === "" ? `${name}.${rest}` : rest;
    }
    return { kind: "system variable", scope, name };
  }
}
