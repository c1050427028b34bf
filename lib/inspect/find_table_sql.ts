/** A table, by the names that the source uses. */
export interface TableName {
  database: string;
  table: string;
}

/** Characters of a name that needs no quotes. */
const WORD = /[\p{L}\p{N}_$]/u;

/** Reads `db.table`, either part in backquotes or not; undefined where there is no dot. */
export function parseTableName(text: string): TableName | undefined {
  const match = /^(?:`((?:[^`]|``)+)`|([^`.]+))\.(?:`((?:[^`]|``)+)`|([^`.]+))$/.exec(text.trim());
  if (!match) return undefined;
  const name = (quoted: string | undefined, plain: string | undefined): string =>
    quoted?.replaceAll("``", "`") ?? plain!;
  return { database: name(match[1], match[2]), table: name(match[3], match[4]) };
}

/** How a session's SQL mode has statements read. */
interface Reading {
  /** "x" is a name, not a string. */
  ansiQuotes: boolean;
  /** A backslash in a string hides the character behind it. */
  backslashEscapes: boolean;
}

/** Bits of the SQL mode, the same in all servers. */
const SQL_MODE = { ANSI_QUOTES: 1n << 2n, NO_BACKSLASH_ESCAPES: 1n << 20n } as const;
const ALL_READINGS: readonly Reading[] = [true, false].flatMap((backslashEscapes) =>
  [false, true].map((ansiQuotes) => ({ ansiQuotes, backslashEscapes }))
);

/** The ways in which a statement may be meant: one where the SQL mode is known. */
function readings(sqlMode: bigint | undefined): readonly Reading[] {
  if (sqlMode === undefined) return ALL_READINGS;
  return [{
    ansiQuotes: (sqlMode & SQL_MODE.ANSI_QUOTES) !== 0n,
    backslashEscapes: (sqlMode & SQL_MODE.NO_BACKSLASH_ESCAPES) === 0n,
  }];
}

/** Index behind the literal or quoted name that begins at `at`; the end where nothing closes it. */
function behindQuote(text: string, at: number, escapes: boolean): number {
  const quote = text[at]!;
  for (let i = at + 1; i < text.length; i++) {
    if (escapes && text[i] === "\\") i++;
    else if (text[i] === quote) {
      if (text[i + 1] !== quote) return i + 1;
      i++;
    }
  }
  return text.length;
}

/** Index behind the comment that begins at `at`; `at` where none does. */
function behindComment(text: string, at: number): number {
  const until = (end: string): number => {
    const found = text.indexOf(end, at + 2);
    return found < 0 ? text.length : found + end.length;
  };
  if (text[at] === "#") return until("\n");
  if (text.startsWith("-- ", at)) return until("\n");
  if (!text.startsWith("/*", at)) return at;
  // What stands in an executable comment counts; only its mark is passed over.
  const mark = text.startsWith("/*!", at) ? 3 : text.startsWith("/*M!", at) ? 4 : 0;
  return mark > 0 ? at + mark : until("*/");
}

/**
 * The names and dots of a statement in order, anything else as a NUL; strings and comments are left
 * out. One pass, whatever the text.
 */
function* words(text: string, reading: Reading): Generator<string> {
  for (let at = 0; at < text.length;) {
    const char = text[at]!;
    if (char === "`" || (char === '"' && reading.ansiQuotes)) {
      const end = behindQuote(text, at, false);
      yield text.slice(at + 1, end - 1).replaceAll(char + char, char);
      at = end;
    } else if (char === "'" || char === '"') {
      at = behindQuote(text, at, reading.backslashEscapes);
    } else if (WORD.test(char)) {
      let end = at + 1;
      while (end < text.length && WORD.test(text[end]!)) end++;
      yield text.slice(at, end);
      at = end;
    } else {
      const behind = behindComment(text, at);
      if (behind === at && char.trim() !== "") yield char === "." ? "." : "\0";
      at = Math.max(behind, at + 1);
    }
  }
}

/**
 * Whether a statement names a table: `db.t` anywhere outside strings and comments, or `t` alone where
 * the default database is db. Also true for DROP DATABASE db. A column or alias of the same name
 * counts too, and where the SQL mode is not known each way to read the statement: better one answer too
 * many than one too few.
 */
export function statementNames(
  statement: string,
  defaultDatabase: string,
  wanted: TableName,
  sqlMode: bigint | undefined,
): boolean {
  const drop = /^\W*drop\s+(?:database|schema)\b/i.test(statement);
  if (!drop && !mayName(statement, wanted.table)) return false;
  return readings(sqlMode).some((reading) => {
    return wordsName(words(statement, reading), defaultDatabase, wanted, drop);
  });
}

/** Whether the name is in the statement at all, in quotes or not. */
function mayName(statement: string, table: string): boolean {
  return statement.includes(table) ||
    statement.includes(table.replaceAll("`", "``")) ||
    statement.includes(table.replaceAll('"', '""'));
}

function wordsName(
  words: Iterable<string>,
  defaultDatabase: string,
  { database, table }: TableName,
  drop: boolean,
): boolean {
  let before = "";
  let last = "";
  for (const word of words) {
    if (drop && word === database) return true;
    if (word === table && (last === "." ? before === database : defaultDatabase === database)) {
      return true;
    }
    before = last;
    last = word;
  }
  return false;
}
