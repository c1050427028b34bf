import { GtidSet } from "../gtid/gtid_set.ts";
import type { Session } from "./session.ts";
import { SqlError } from "./sql_error.ts";
import type { Expression } from "./sql_statement.ts";
import type { StatementWork } from "./statement_work.ts";
import type { SystemVariables, VariableValue } from "./system_variables.ts";

/** What expressions may refer to. */
export interface ExpressionContext {
  session: Session;
  variables: SystemVariables;
  version: string;
  /** What BINLOG_GTID_POS is in this statement; undefined where it is not answered. */
  binlogGtidPos: string | null | undefined;
  work: StatementWork;
}

/** Characters of the longest text that a function gives: a GTID set as long as a statement. */
const TEXT_MAX = 1024 * 1024;
/** Longest part of a value that an error shows. */
const SHOWN_MAX = 200;

type Call = (args: VariableValue[], context: ExpressionContext) => VariableValue;

function text(value: VariableValue | undefined): string {
  return String(value ?? "");
}

function now(): string {
  return new Date().toISOString().slice(0, 19).replace("T", " ");
}

function tooLong(name: string): SqlError {
  return new SqlError(
    "WARN_ALLOWED_PACKET_OVERFLOWED",
    `Result of ${name.toLowerCase()}() was larger than max_allowed_packet (${TEXT_MAX})`,
  );
}

function joined(args: VariableValue[]): string | null {
  if (args.includes(null)) return null;
  const parts = args.map(text);
  // Before memory is taken: the same long variable may be there a thousand times.
  if (parts.reduce((sum, part) => sum + part.length, 0) > TEXT_MAX) throw tooLong("CONCAT");
  return parts.join("");
}

const CALLS: Record<string, [arity: number, call: Call]> = {
  VERSION: [0, (_, { version }) => version],
  UNIX_TIMESTAMP: [0, () => Math.floor(Date.now() / 1000)],
  NOW: [0, now],
  CURRENT_TIMESTAMP: [0, now],
  DATABASE: [0, (_, { session }) => session.database || null],
  SCHEMA: [0, (_, { session }) => session.database || null],
  CONNECTION_ID: [0, (_, { session }) => session.id],
  USER: [0, (_, { session }) => `${session.account.name}@${session.address}`],
  CURRENT_USER: [0, (_, { session }) => `${session.account.name}@${session.account.host}`],
  BINLOG_GTID_POS: [2, (_, { binlogGtidPos }) => {
    if (binlogGtidPos !== undefined) return binlogGtidPos;
    throw new SqlError("NOT_SUPPORTED_YET", "binlogd answers BINLOG_GTID_POS in SELECT and SET");
  }],
  GTID_SUBSET: [2, ([a, b]) => gtidSet(a).isSubsetOf(gtidSet(b)) ? 1 : 0],
  GTID_SUBTRACT: [2, ([a, b]) => gtidSet(a).subtract(gtidSet(b)).toString()],
  CONCAT: [-1, joined],
  LOWER: [1, ([value]) => value === null ? null : text(value).toLowerCase()],
  UPPER: [1, ([value]) => value === null ? null : text(value).toUpperCase()],
};

function gtidSet(value: VariableValue | undefined): GtidSet {
  try {
    return GtidSet.parse(text(value));
  } catch {
    const shown = text(value).slice(0, SHOWN_MAX);
    throw new SqlError("MALFORMED_GTID_SET", `Malformed GTID set specification '${shown}'.`);
  }
}

const WORDS: Record<string, VariableValue> = {
  true: 1,
  false: 0,
  on: "ON",
  off: "OFF",
  default: null,
};

function call(name: string, args: Expression[], context: ExpressionContext): VariableValue {
  const found = Object.hasOwn(CALLS, name) ? CALLS[name] : undefined;
  if (!found) {
    throw new SqlError("NOT_SUPPORTED_YET", `binlogd has no function ${name.slice(0, 64)}`);
  }
  if (found[0] >= 0 && found[0] !== args.length) {
    throw new SqlError(
      "WRONG_PARAMCOUNT",
      `Incorrect parameter count in the call to native function '${name}'`,
    );
  }
  const values = args.map((arg) => evaluate(arg, context));
  for (const value of values) context.work.spend(text(value).length);
  const result = found[1](values, context);
  if (typeof result === "string" && result.length > TEXT_MAX) throw tooLong(name);
  return result;
}

/** @throws {SqlError} 1193 */
export function unknownVariable(name: string): SqlError {
  return new SqlError("UNKNOWN_SYSTEM_VARIABLE", `Unknown system variable '${name.slice(0, 80)}'`);
}

/**
 * The value of an expression.
 * @throws {SqlError} for a variable, column or function that there is not.
 */
export function evaluate(value: Expression, context: ExpressionContext): VariableValue {
  switch (value.kind) {
    case "literal":
      return value.value;
    case "user variable":
      return context.session.user(value.name);
    case "system variable": {
      const own = value.scope === "global" ? undefined : context.session.system(value.name);
      const found = own ?? context.variables.get(value.name);
      if (found === undefined) throw unknownVariable(value.name);
      // A long one, such as gtid_executed, is put together each time.
      context.work.spend(text(found).length);
      return found;
    }
    case "call":
      return call(value.name, value.args, context);
    case "word": {
      const word = value.name.toLowerCase();
      if (Object.hasOwn(WORDS, word)) return WORDS[word]!;
      if (word === "current_user" || word === "current_timestamp") {
        return call(word.toUpperCase(), [], context);
      }
      throw new SqlError(
        "BAD_FIELD",
        `Unknown column '${value.name.slice(0, 80)}' in 'field list'`,
      );
    }
  }
}
