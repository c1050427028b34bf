import type { FileSummary } from "../store/file_summary.ts";
import { type FoundTransaction, scanFrom, transactionOf } from "./find_scan.ts";
import type { IndexedSeries } from "./list_files.ts";

/** The answer to a question for a time. */
export interface FoundByTime {
  transaction: FoundTransaction;
  /** A transaction with an earlier commit time comes after it. */
  earlierFollow: boolean;
}

function hasTransactions(
  entry: IndexedSeries["files"][number],
): entry is { file: string; size: number; summary: FileSummary } {
  return "summary" in entry && entry.summary.transactions > 0;
}

/**
 * The first transaction in file order whose commit time is `time` (microseconds) or later. Reads one
 * stretch of one file; the rest is in the index.
 */
export function findByTime(series: IndexedSeries, time: number): FoundByTime | undefined {
  const files = series.files.filter(hasTransactions);
  const at = files.findIndex(({ summary }) => summary.maxTime >= time);
  if (at < 0) return undefined;
  const { file, summary } = files[at]!;
  const points = series.index.points(file) ?? [];
  const from = points.findIndex(({ maxTime }) => maxTime >= time);
  const next = points[from + 1]?.position ?? Infinity;
  let transaction: FoundTransaction | undefined;
  let earlierFollow = files.slice(at + 1).some(({ summary }) => summary.minTime < time) ||
    points.slice(from + 1).some(({ minTime }) => from >= 0 && minTime < time);
  scanFrom(series.dir, file, points[from]?.position ?? 0, (scan) => {
    if (scan.scanner.position >= next && transaction) return false;
    if (!scan.ended) return true;
    if (!transaction) {
      if (scan.transactionTime >= time) transaction = transactionOf(scan);
    } else if (scan.transactionTime < time) {
      earlierFollow = true;
      return false;
    }
    return true;
  }, summary.damage);
  return transaction && { transaction, earlierFollow };
}
