import { parsePurgeTime } from "./purge_time.ts";
import { noTablesError } from "./no_tables_error.ts";
import { SqlCursor } from "./sql_cursor.ts";
import { parseShow } from "./sql_show.ts";
import type { Assignment, SelectItem, Statement, VariableScope } from "./sql_statement.ts";

/** Columns of one SELECT that are answered. */
const ITEMS_MAX = 256;
/** Statements without an effect on a server that only serves files. */
const NO_EFFECT = ["BEGIN", "COMMIT", "ROLLBACK", "START", "DO", "UNLOCK"];

/**
 * Reads one statement.
 * @throws {SqlError} for what is not understood: ERR 1064, or 1235 for what needs tables.
 */
export function parseStatement(text: string): Statement {
  const cursor = new SqlCursor(text);
  if (cursor.take("SELECT")) return parseSelect(cursor);
  if (cursor.take("SET")) return parseSet(cursor);
  if (cursor.take("SHOW")) return parseShow(cursor);
  if (cursor.take("KILL")) return parseKill(cursor);
  if (cursor.take("PURGE")) return parsePurge(cursor);
  if (cursor.take("USE")) {
    const database = cursor.name();
    cursor.end();
    return { kind: "use", database };
  }
  if (cursor.token.kind === "end" || cursor.is(";")) {
    cursor.end();
    return { kind: "nothing" };
  }
  if (NO_EFFECT.some((word) => cursor.is(word))) return { kind: "nothing" };
  throw cursor.error();
}

function parseSelect(cursor: SqlCursor): Statement {
  const items: SelectItem[] = [];
  do {
    if (cursor.is("*")) throw noTablesError();
    if (items.length === ITEMS_MAX) throw cursor.error();
    const start = cursor.token.start;
    const value = cursor.expression();
    let name = cursor.text.slice(start, cursor.lastEnd);
    if (value.kind === "literal" && typeof value.value === "string") name = value.value;
    if (cursor.take("AS")) name = alias(cursor);
    else if (isAlias(cursor)) name = alias(cursor);
    items.push({ name, value });
  } while (cursor.take(","));
  if (cursor.take("FROM") && !cursor.take("DUAL")) {
    throw noTablesError();
  }
  if (cursor.take("LIMIT")) {
    cursor.integer();
    if (cursor.take(",") || cursor.take("OFFSET")) cursor.integer();
  }
  cursor.end();
  return { kind: "select", items };
}

function isAlias(cursor: SqlCursor): boolean {
  const { kind } = cursor.token;
  if (kind === "name" || kind === "string") return true;
  return kind === "word" && !["FROM", "LIMIT", "WHERE", "INTO"].some((word) => cursor.is(word));
}

function alias(cursor: SqlCursor): string {
  return cursor.token.kind === "string" ? cursor.string() : cursor.name();
}

const SCOPES: readonly [string, VariableScope][] = [
  ["GLOBAL", "global"],
  ["PERSIST", "global"],
  ["SESSION", "session"],
  ["LOCAL", "session"],
];

function parseSet(cursor: SqlCursor): Statement {
  const assignments: Assignment[] = [];
  let scope: VariableScope = "";
  do {
    for (const [word, value] of SCOPES) if (cursor.take(word)) scope = value;
    if (cursor.take("TRANSACTION")) {
      while (cursor.token.kind !== "end") cursor.advance();
      break;
    }
    if (cursor.take("NAMES") || cursor.take("CHARACTER", "SET") || cursor.take("CHARSET")) {
      cursor.advance();
      if (cursor.take("COLLATE")) cursor.advance();
      continue;
    }
    assignments.push(parseAssignment(cursor, scope));
  } while (cursor.take(","));
  cursor.end();
  return { kind: "set", assignments };
}

function parseAssignment(cursor: SqlCursor, scope: VariableScope): Assignment {
  let target: Assignment["target"] = scope;
  let name: string;
  if (cursor.take("@@")) {
    const variable = cursor.systemVariable();
    target = variable.scope;
    name = variable.name;
  } else if (cursor.take("@")) {
    target = "user";
    name = cursor.userVariableName();
  } else name = cursor.name().toLowerCase();
  if (!cursor.take("=")) cursor.expect(":=");
  // Values may be put together with operators (SET sql_mode = CONCAT(…)); calls are all we read.
  return { target, name, value: cursor.expression() };
}

function parseKill(cursor: SqlCursor): Statement {
  if (!cursor.take("HARD")) cursor.take("SOFT");
  const query = cursor.take("QUERY");
  if (!query) cursor.take("CONNECTION");
  const id = cursor.expression();
  cursor.end();
  return { kind: "kill", id, query };
}

function parsePurge(cursor: SqlCursor): Statement {
  if (!cursor.take("BINARY")) cursor.expect("MASTER");
  cursor.expect("LOGS");
  if (cursor.take("TO")) {
    const to = cursor.expression();
    cursor.end();
    return { kind: "purge", to };
  }
  cursor.expect("BEFORE");
  const before = parsePurgeTime(cursor);
  cursor.end();
  return { kind: "purge", before };
}
