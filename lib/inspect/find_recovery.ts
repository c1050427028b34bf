import { parseBinlogFileName } from "../store/file_name.ts";
import type { Flavour, StoreHole } from "../store/identity.ts";
import type { FoundTransaction } from "./find_scan.ts";

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
  /** What they can't do: there is a hole in the files. */
  notes: string[];
}

/** Files of a folder, and which of them do not follow the one before. */
export interface RecoveryFiles {
  dir: string;
  files: readonly string[];
  flavour: Flavour;
  holes?: readonly StoreHole[];
}

function quote(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Whether something is missing between a file and the one before it. */
function isBehindHole({ files, holes }: RecoveryFiles, index: number): boolean {
  if (index === 0) return false;
  if (holes?.some(({ nextFile }) => nextFile === files[index])) return true;
  const here = parseBinlogFileName(files[index]!);
  const before = parseBinlogFileName(files[index - 1]!);
  return here !== undefined && before !== undefined && here.sequence !== before.sequence + 1;
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
  const { dir, files, flavour } = folder;
  const tool = flavour === "mariadb" ? "mariadb-binlog" : "mysqlbinlog";
  const client = flavour === "mariadb" ? "mariadb" : "mysql";
  const at = files.indexOf(transaction.file);
  const notes: string[] = [];
  const line = (options: string[], names: readonly string[]): string => {
    const words = [tool, ...options, ...names.map((name) => `${dir}/${name}`)];
    return `${words.map(quote).join(" ")} | ${client} --binary-mode`;
  };
  let first = start ? files.indexOf(start.file) : 0;
  let from = start?.position;
  for (let index = at; index > first; index--) {
    if (!isBehindHole(folder, index)) continue;
    notes.push(
      `Something is missing before ${files[index]}: the backup has to be from that file or later.`,
    );
    first = index;
    from = undefined;
  }
  let end = at + 1;
  while (end < files.length && !isBehindHole(folder, end)) end++;
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
    after: line([`--start-position=${transaction.end}`], files.slice(at, end)),
    notes,
  };
}
