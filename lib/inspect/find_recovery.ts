import type { Flavour } from "../store/identity.ts";
import type { FoundTransaction } from "./find_scan.ts";

/** Where a restored backup stands: what comes before is in it already. */
export interface StartPoint {
  file: string;
  position: number;
}

/** Command lines for point-in-time recovery, as words; the shell pipes the first into the second. */
export interface RecoveryCommands {
  /** Replays all before the transaction; undefined where nothing comes before it. */
  before?: string;
  /** Replays all behind it. */
  after?: string;
}

function quote(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * The commands that replay a folder's files up to just before a transaction, and from its end on: one
 * invocation of mysqlbinlog for all files, so that temporary tables and session settings carry over
 * from file to file, bounded by positions, which unlike times are exact.
 */
export function recoveryCommands(
  dir: string,
  files: readonly string[],
  transaction: FoundTransaction,
  flavour: Flavour,
  start?: StartPoint,
): RecoveryCommands {
  const tool = flavour === "mariadb" ? "mariadb-binlog" : "mysqlbinlog";
  const client = flavour === "mariadb" ? "mariadb" : "mysql";
  const at = files.indexOf(transaction.file);
  const first = start ? files.indexOf(start.file) : 0;
  const line = (options: string[], names: readonly string[]): string => {
    const words = [tool, ...options, ...names.map((name) => `${dir}/${name}`)];
    return `${words.map(quote).join(" ")} | ${client} --binary-mode`;
  };
  const from = start ? [`--start-position=${start.position}`] : [];
  const something = !start || first < at ||
    (first === at && start.position < transaction.start);
  return {
    ...(something && first <= at
      ? {
        before: line(
          [...from, `--stop-position=${transaction.start}`],
          files.slice(Math.max(first, 0), at + 1),
        ),
      }
      : {}),
    after: line([`--start-position=${transaction.end}`], files.slice(at)),
  };
}
