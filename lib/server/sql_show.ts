import { noTablesError } from "./no_tables_error.ts";
import type { SqlCursor } from "./sql_cursor.ts";
import type { NameFilter, ShowStatement, ShowWhat } from "./sql_statement.ts";

/** Words after SHOW [GLOBAL | SESSION | FULL], what they ask for, and whether they are the old ones. */
const FORMS: readonly [words: string[], what: ShowWhat, oldWords?: boolean][] = [
  [["VARIABLES"], "variables"],
  [["STATUS"], "status"],
  [["BINARY", "LOGS"], "binary logs"],
  [["MASTER", "LOGS"], "binary logs", true],
  [["BINARY", "LOG", "STATUS"], "binary log status"],
  [["BINLOG", "STATUS"], "binary log status"],
  [["MASTER", "STATUS"], "binary log status", true],
  [["BINLOG", "EVENTS"], "binlog events"],
  [["REPLICAS"], "replicas"],
  [["REPLICA", "HOSTS"], "replicas"],
  [["SLAVE", "HOSTS"], "replicas", true],
  [["PROCESSLIST"], "processlist"],
  [["WARNINGS"], "warnings"],
  [["ERRORS"], "warnings"],
  [["COUNT", "(", "*", ")", "WARNINGS"], "warning count"],
  [["COUNT", "(", "*", ")", "ERRORS"], "warning count"],
  [["DATABASES"], "databases"],
  [["SCHEMAS"], "databases"],
  [["GRANTS"], "grants"],
  [["SLAVE", "STATUS"], "nothing"],
  [["REPLICA", "STATUS"], "nothing"],
  [["ALL", "SLAVES", "STATUS"], "nothing"],
  [["ALL", "REPLICAS", "STATUS"], "nothing"],
  [["ENGINES"], "nothing"],
  [["PLUGINS"], "nothing"],
  [["TABLES"], "nothing"],
  [["COLLATION"], "nothing"],
  [["CHARACTER", "SET"], "nothing"],
];

/** Names asked for in one WHERE, and characters of a pattern: longer than that no name is. */
const TESTS_MAX = 256;
const PATTERN_MAX = 1024;

/** Words after SHOW that ask for a table's definition. */
const OF_TABLES = [["COLUMNS"], ["FIELDS"], ["INDEX"], ["KEYS"], ["CREATE", "TABLE"]];

/**
 * LIKE of SQL as a test: % and _, with \\ before what is meant itself; case is ignored. Takes time in
 * proportion to pattern and name, whatever the pattern.
 */
export function likeFilter(pattern: string): NameFilter {
  const parts: { char: string; plain: boolean }[] = [];
  for (let i = 0; i < pattern.length; i++) {
    const escaped = pattern[i] === "\\" && i + 1 < pattern.length;
    if (escaped) i++;
    const char = pattern[i]!.toLowerCase();
    parts.push({ char, plain: escaped || (char !== "%" && char !== "_") });
  }
  return (name) => like(parts, name.toLowerCase());
}

function like(parts: { char: string; plain: boolean }[], name: string): boolean {
  let at = 0;
  // Where to go back to: the last % seen, and how much of the name it has taken.
  let star = -1;
  let taken = 0;
  for (let i = 0; i < name.length;) {
    const part = parts[at];
    if (part && !part.plain && part.char === "%") {
      star = at++;
      taken = i;
    } else if (part && (part.plain ? part.char === name[i] : true)) {
      at++;
      i++;
    } else if (star >= 0) {
      at = star + 1;
      i = ++taken;
    } else return false;
  }
  return parts.slice(at).every(({ char, plain }) => !plain && char === "%");
}

/** Reads what follows SHOW. */
export function parseShow(cursor: SqlCursor): ShowStatement {
  const full = cursor.take("FULL");
  if (!cursor.take("GLOBAL") && !cursor.take("SESSION")) cursor.take("LOCAL");
  if (OF_TABLES.some((words) => cursor.take(...words))) throw noTablesError();
  const form = FORMS.find(([words]) => cursor.take(...words));
  if (!form) throw cursor.error();
  const show: ShowStatement = {
    kind: "show",
    what: form[1],
    oldWords: form[2] ?? false,
    filter: () => true,
    offset: 0,
    limit: Infinity,
    full,
  };
  if (show.what === "nothing" || show.what === "grants") {
    while (cursor.token.kind !== "end") cursor.advance();
    return show;
  }
  if (show.what === "binlog events") {
    if (cursor.take("IN")) show.file = cursor.string();
    if (cursor.take("FROM")) show.from = cursor.integer();
  }
  if (cursor.take("LIKE")) show.filter = parsePattern(cursor);
  else if (cursor.take("WHERE")) show.filter = parseWhere(cursor);
  if (cursor.take("LIMIT")) {
    show.limit = cursor.integer();
    if (cursor.take(",")) {
      show.offset = show.limit;
      show.limit = cursor.integer();
    } else if (cursor.take("OFFSET")) show.offset = cursor.integer();
  }
  cursor.end();
  return show;
}

function parsePattern(cursor: SqlCursor): NameFilter {
  if (cursor.token.text.length > PATTERN_MAX) throw cursor.error();
  return likeFilter(cursor.string());
}

/** WHERE Variable_name = | LIKE | IN …, joined by OR. */
function parseWhere(cursor: SqlCursor): NameFilter {
  const tests: NameFilter[] = [];
  do {
    if (tests.length === TESTS_MAX) throw cursor.error();
    const braced = cursor.take("(");
    if (!/^(variable_name|database|log_name)$/i.test(cursor.name())) throw cursor.error();
    if (cursor.take("LIKE")) tests.push(parsePattern(cursor));
    else if (cursor.take("=")) tests.push(equalsAny([cursor.string()]));
    else {
      cursor.expect("IN", "(");
      const names: string[] = [];
      do names.push(cursor.string()); while (cursor.take(","));
      cursor.expect(")");
      tests.push(equalsAny(names));
    }
    if (braced) cursor.expect(")");
  } while (cursor.take("OR"));
  return (name) => tests.some((test) => test(name));
}

function equalsAny(names: string[]): NameFilter {
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  return (name) => wanted.has(name.toLowerCase());
}
