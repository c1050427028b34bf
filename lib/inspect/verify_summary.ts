import type { FileSummary } from "../store/file_summary.ts";
import { FILE_INDEX } from "../store/file_summary_index.ts";
import type { FileVerifier } from "./verify_file.ts";
import { finding } from "./verify_finding.ts";

/**
 * Compares what the index of a store says of a file with the file. Only for a summary of the file as
 * it is: one of an older size says nothing wrong.
 */
export function checkSummary(verifier: FileVerifier, summary: FileSummary): void {
  const { scan, end } = verifier;
  if (end === "unknown" || summary.damage) return; // the damage itself is the finding
  const said = {
    end: summary.end,
    events: summary.events,
    transactions: summary.transactions,
    gtids: summary.gtids,
    next: summary.nextFile ?? "none",
  };
  const found = {
    end: scan.scanner.torn?.position ?? scan.scanner.endPosition,
    events: scan.events,
    transactions: scan.transactions,
    gtids: scan.gtids.toString(),
    next: scan.nextFile ?? "none",
  };
  for (const key of ["end", "events", "transactions", "gtids", "next"] as const) {
    if (said[key] === found[key]) continue;
    verifier.add(
      finding("file-index", `the index of the store has other ${key} of ${scan.scanner.file}`, {
        file: FILE_INDEX,
        expected: String(found[key]),
        found: String(said[key]),
      }),
    );
  }
}
