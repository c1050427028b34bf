import { cutOffError } from "../binlog/scan_errors.ts";
import { FormatError } from "../errors.ts";
import { FileScan } from "../store/file_summary_scan.ts";
import type { FoundTransaction } from "./find_scan.ts";
import { TableMatcher } from "./find_table.ts";
import type { TableName } from "./find_table_sql.ts";
import { Turns } from "../turns.ts";

/** Bytes that are read between looks at signals. */
const STEP = 16 * 1024 * 1024;

/** Settings of {@link findByTable}. */
export interface FindByTableOptions {
  signal: AbortSignal;
  /** Only the last so many. */
  last?: number;
  /**
   * Told of a file that can't be read to its end, as a torn one, unless it is the newest; the search
   * goes on with the next one.
   */
  onDamage?: (error: FormatError) => void;
  onProgress?: (progress: { file: string; bytes: number }) => void;
}

/**
 * Finds the transactions that touch a table, by their table maps or the text of their statements, in
 * file order. Reads whole files; for the last few it begins with the newest and stops as soon as it
 * has them.
 */
export async function findByTable(
  dir: string,
  files: readonly string[],
  wanted: TableName,
  found: (transaction: FoundTransaction) => void,
  options: FindByTableOptions,
): Promise<void> {
  const at = (file: string): ScannedPlace => ({ dir, file, newest: file === files.at(-1) });
  if (options.last === undefined) {
    for (const file of files) await scanFile(at(file), wanted, found, options);
    return;
  }
  const { last } = options;
  const parts: FoundTransaction[][] = [];
  let count = 0;
  for (const file of files.toReversed()) {
    const part: FoundTransaction[] = [];
    await scanFile(at(file), wanted, (transaction) => {
      part.push(transaction);
      if (part.length > last) part.shift();
    }, options);
    parts.unshift(part);
    count += part.length;
    if (count >= last) break;
  }
  for (const transaction of parts.flat().slice(-last)) found(transaction);
}

interface ScannedPlace {
  dir: string;
  file: string;
  /** The last one of its series. */
  newest: boolean;
}

async function scanFile(
  { dir, file, newest }: ScannedPlace,
  wanted: TableName,
  found: (transaction: FoundTransaction) => void,
  options: FindByTableOptions,
): Promise<void> {
  using handle = Deno.openSync(`${dir}/${file}`, { read: true });
  const scan = new FileScan(handle, { file });
  const matcher = new TableMatcher(wanted);
  const turns = new Turns();
  let pauseAt = STEP;
  let fault: FormatError | undefined;
  try {
    while (scan.step()) {
      const transaction = matcher.take(scan);
      if (transaction) found(transaction);
      const { endPosition } = scan.scanner;
      if (endPosition < pauseAt) continue;
      pauseAt = endPosition + STEP;
      options.onProgress?.({ file, bytes: endPosition });
      await turns.give();
      options.signal.throwIfAborted();
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    fault = error;
  }
  const { position, torn } = scan.scanner;
  if (torn) {
    // Of the newest file the rest may still be on its way.
    const { missing, available } = torn;
    fault = newest || scan.closing !== "open"
      ? undefined
      : cutOffError({ file, position, eventSize: available + missing }, missing);
  }
  if (!fault) return;
  if (!options.onDamage) throw fault;
  options.onDamage(new FormatError(fault.message, { file, position, ...fault.details }));
}
