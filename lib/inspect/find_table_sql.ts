/** A table, by the names that the source uses. */
export interface TableName {
  database: string;
  table: string;
}

/** Strings, comments, identifiers in backquotes, plain words and numbers, dots, single characters. */
const TOKEN =
  /'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|\/\*(?!!)[\s\S]*?\*\/|--\s[^\n]*|#[^\n]*|`((?:[^`]|``)*)`|([\p{L}\p{N}_$]+)|(\.)|[^\s]/gu;
/** Text inside executable comments counts; these words begin them. */
const EXECUTABLE_COMMENT = /\/\*!\d*|\*\//g;

/** Reads `db.table`, either part in backquotes or not; undefined where there is no dot. */
export function parseTableName(text: string): TableName | undefined {
  const match = /^(?:`((?:[^`]|``)+)`|([^`.]+))\.(?:`((?:[^`]|``)+)`|([^`.]+))$/.exec(text.trim());
  if (!match) return undefined;
  const name = (quoted: string | undefined, plain: string | undefined): string =>
    quoted?.replaceAll("``", "`") ?? plain!;
  return { database: name(match[1], match[2]), table: name(match[3], match[4]) };
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
  const words: string[] = [];
  for (const match of statement.replace(EXECUTABLE_COMMENT, " ").matchAll(TOKEN)) {
    const [text, quoted, word, dot] = match;
    if (quoted !== undefined) words.push(quoted.replaceAll("``", "`"));
    else if (word !== undefined || dot !== undefined) words.push(text);
    else if (!/^['"/#]|^--/.test(text)) words.push("\0");
  }
  const first = words[0]?.toUpperCase();
  const second = words[1]?.toUpperCase();
  if (first === "DROP" && (second === "DATABASE" || second === "SCHEMA")) {
    return words.includes(wanted.database);
  }
  return words.some((word, i) => {
    if (word !== wanted.table) return false;
    if (words[i - 1] === ".") return words[i - 2] === wanted.database;
    return defaultDatabase === wanted.database;
  });
}
