import { printable } from "../binlog/values/printable.ts";
import type { StoreHole } from "../store/identity.ts";
import { filesBehindHoles } from "./find_holes.ts";
import type { FoundTransaction } from "./find_scan.ts";
import type { ListedFile } from "./list_files.ts";

/** Where a restored backup stands: what comes before is in it already. */
export interface StartPoint {
  file: string;
  position: number;
}

/** Command lines for point-in-time recovery, ready for a shell. */
export interface RecoveryCommands {
  /** Replays all before the transaction; undefined where nothing is to be replayed. */
  before?: string;
  /** Replays all behind it. */
  after?: string;
  /** What is to be known before they are run: such as a hole in the files. */
  notes: string[];
}

/** Files of a folder, and the holes between them that were accepted. */
export interface RecoveryFiles {
  dir: string;
  files: readonly ListedFile[];
  holes?: readonly StoreHole[];
}

/** A word for a shell; `$'…'` takes the escapes that stand for what a terminal must not get as it is. */
function quote(word: string): string {
  if (printable(word) !== word) return `$'${printable(word.replaceAll(/[\\']/g, "\\$&"))}'`;
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * The commands that replay a folder's files up to just before a transaction, and from its end on: one
 * invocation of mysqlbinlog for all files, so that temporary tables and session settings carry over
 * from file to file, bounded by positions, which unlike times are exact. They never lead across a hole.
 */
export function recoveryCommands(
  folder: RecoveryFiles,
  transaction: FoundTransaction,
  start?: StartPoint,
): RecoveryCommands {
  const { dir } = folder;
  const files = folder.files.map(({ file }) => file);
  const behindHoles = filesBehindHoles(folder.files, folder.holes);
  const at = files.indexOf(transaction.file);
  const entry = folder.files[at];
  const mariadb = entry !== undefined && "summary" in entry && entry.summary.flavour === "mariadb";
  const [tool, client] = mariadb ? ["mariadb-binlog", "mariadb"] : ["mysqlbinlog", "mysql"];
  const notes: string[] = [];
  const line = (options: string[], names: readonly string[]): string => {
    const words = [tool, ...options, ...names.map((name) => `${dir}/${name}`)];
    return `${words.map(quote).join(" ")} | ${client} --binary-mode`;
  };
  let first = start ? files.indexOf(start.file) : 0;
  let from = start?.position;
  // Where the replay of what comes behind begins: a backup may stand later than the transaction.
  let next = { at, position: transaction.end };
  if (from !== undefined && (first > at || (first === at && from >= transaction.end))) {
    notes.push("The backup holds this transaction already.");
    next = { at: first, position: from };
  }
  for (let index = at; index > first; index--) {
    if (!behindHoles.has(files[index]!)) continue;
    notes.push(
      `Something is missing before ${files[index]}: the backup has to be from that file or later.`,
    );
    first = index;
    from = undefined;
  }
  let end = next.at + 1;
  while (end < files.length && !behindHoles.has(files[end]!)) end++;
  if (end < files.length) {
    notes.push(`Something is missing before ${files[end]}: the replay ends before it.`);
  }
  const something = first < at || (first === at && (from ?? 0) < transaction.start);
  const bounds = from === undefined ? [] : [`--start-position=${from}`];
  return {
    ...(something
      ? {
        before: line(
          [...bounds, `--stop-position=${transaction.start}`],
          files.slice(first, at + 1),
        ),
      }
      : {}),
    after: line([`--start-position=${next.position}`], files.slice(next.at, end)),
    notes,
  };
}
