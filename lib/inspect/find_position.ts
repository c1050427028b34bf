import { StoreError } from "../errors.ts";
import { type FoundTransaction, scanFrom, transactionOf } from "./find_scan.ts";
import type { IndexedSeries } from "./list_files.ts";

/** The answer to a question for a position. */
export interface FoundByPosition {
  /** The transaction that the position lies in; undefined where it lies in none. */
  transaction?: FoundTransaction;
  /** The transactions around a position in none, as far as there are some in the file. */
  before?: FoundTransaction;
  after?: FoundTransaction;
}

/**
 * The transaction around a position of a file: the one that begins there, or before it and ends
 * after it.
 *
 * @throws {StoreError} where there is no such file or position.
 */
export function findByPosition(
  series: IndexedSeries,
  file: string,
  position: number,
): FoundByPosition {
  const entry = series.files.find((known) => known.file === file);
  if (!entry) {
    throw new StoreError(`${series.dir} has no file ${file}`, {
      file,
      hint: "binlogd list shows all",
    });
  }
  if (!("summary" in entry)) throw new StoreError(entry.error, { file });
  if (position >= entry.summary.size) {
    throw new StoreError(`${file} ends at ${entry.summary.size}, before ${position}`, {
      file,
      position,
      expected: `at most ${entry.summary.size - 1}`,
    });
  }
  const points = series.index.points(file) ?? [];
  let from = 0;
  for (const point of points) {
    if (point.position <= position) from = point.position;
  }
  const answer: FoundByPosition = {};
  scanFrom(series.dir, file, from, (scan) => {
    if (!scan.ended) return true;
    if (scan.transactionEnd <= position) {
      answer.before = transactionOf(scan);
      return true;
    }
    answer[scan.transactionStart <= position ? "transaction" : "after"] = transactionOf(scan);
    return false;
  }, entry.summary.damage);
  return answer;
}
