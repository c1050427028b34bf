import { BINLOG_MAGIC } from "../binlog/event_header.ts";
import type { FileScan } from "../store/file_summary_scan.ts";
import type { StartPoint } from "./find_recovery.ts";
import { scanFrom } from "./find_scan.ts";
import type { IndexedSeries } from "./list_files.ts";

/** What there is at a position from which a replay is to begin. */
export interface PlaceOfStart {
  /**
   * `between`: events end there and no transaction is open, so that a replay loses nothing; `inside`:
   * of a transaction or an event; `beyond`: behind all that is in the file; `unknown`: the file can't
   * be read as far.
   */
  kind: "between" | "inside" | "beyond" | "unknown";
  /** The nearest places between transactions, as far as there are some. */
  before?: number;
  after?: number;
}

/** Looks at where a backup is said to stand, in a file of the series. */
export function placeOfStart(series: IndexedSeries, { file, position }: StartPoint): PlaceOfStart {
  const entry = series.files.find((known) => known.file === file);
  if (!entry || !("summary" in entry)) return { kind: "unknown" };
  const { damage } = entry.summary;
  let before: number | undefined;
  let after: number | undefined;
  const see = (place: number): void => {
    if (place <= position) before = place;
    else after ??= place;
  };
  see(BINLOG_MAGIC.length);
  let from = 0;
  for (const point of series.index.points(file) ?? []) {
    if (point.position <= position) from = point.position;
  }
  if (from > 0) see(from);
  scanFrom(series.dir, file, from, (scan) => {
    if (!isInTransaction(scan)) see(scan.scanner.endPosition);
    return after === undefined;
  }, damage);
  const around = {
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  };
  if (before === position) return { kind: "between", ...around };
  if (position > entry.summary.size) return { kind: "beyond", ...around };
  return { kind: damage && position >= damage.position ? "unknown" : "inside", ...around };
}

/** Whether the last event began a transaction, or went on with it; also with what stands before a statement. */
function isInTransaction({ transactionStart, transactionEnd }: FileScan): boolean {
  return transactionStart >= 0 && transactionStart >= transactionEnd;
}
