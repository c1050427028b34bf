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

/** Index behind the literal or quoted name that begins at `at`; the end where nothing closes it. */
function behindQuote(text: string, at: number): number {
  const quote = text[at]!;
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === "\\" && quote !== "`") i++;
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
function* words(text: string): Generator<string> {
  for (let at = 0; at < text.length;) {
    const char = text[at]!;
    if (char === "'" || char === '"') at = behindQuote(text, at);
    else if (char === "`") {
      const end = behindQuote(text, at);
      yield text.slice(at + 1, end - 1).replaceAll("``", "`");
      at = end;
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
 * counts too: better one answer too many than one too few.
 */
export function statementNames(
  statement: string,
  defaultDatabase: string,
  wanted: TableName,
): boolean {
  const { database, table } = wanted;
  const drop = /^\W*drop\s+(?:database|schema)\b/i.test(statement);
  if (!drop && !statement.includes(table.replaceAll("`", "``"))) return false;
  let before = "";
  let last = "";
  for (const word of words(statement)) {
    if (drop && word === database) return true;
    if (word === table && (last === "." ? before === database : defaultDatabase === database)) {
      return true;
    }
    before = last;
    last = word;
  }
  return false;
}
