import { FormatError } from "../errors.ts";
import { FileScan } from "../store/file_summary_scan.ts";

/** A transaction in a file. */
export interface FoundTransaction {
  file: string;
  /** Position of its first event, and the end of its last one. */
  start: number;
  end: number;
  /** Undefined where the source writes none. */
  gtid?: string;
  /** Commit time, microseconds since 1970. */
  time: number;
}

/** The transaction that a scan has just ended. */
export function transactionOf(scan: FileScan): FoundTransaction {
  const gtid = scan.hasGtid ? scan.gtids.last : undefined;
  return {
    file: scan.scanner.file,
    start: scan.transactionStart,
    end: scan.transactionEnd,
    ...(gtid === undefined ? {} : { gtid }),
    time: scan.transactionTime,
  };
}

/**
 * Reads a file from the start of a transaction on (0: from its head) and calls `visit` after each
 * event, until that is false. Throws FormatError for damage, but for what the index knows of: there it
 * ends, as it does where the file is torn.
 */
export function scanFrom(
  dir: string,
  file: string,
  position: number,
  visit: (scan: FileScan) => boolean,
  knownDamage?: { position: number },
): void {
  using handle = Deno.openSync(`${dir}/${file}`, { read: true });
  const head = new FileScan(handle, { file });
  if (position > 0) {
    // The format description says whether events have checksums.
    if (!head.step() || !head.scanner.format) return;
    handle.seekSync(position, Deno.SeekMode.Start);
  }
  const { format } = head.scanner;
  const scan = position > 0 && format
    ? new FileScan(handle, { file, startPosition: position, format })
    : head;
  while (stepTo(scan, knownDamage?.position)) {
    if (!visit(scan)) return;
  }
}

function stepTo(scan: FileScan, damagedAt: number | undefined): boolean {
  try {
    return scan.step();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    if (scan.scanner.torn || error.details.position === damagedAt) return false;
    throw error;
  }
}
