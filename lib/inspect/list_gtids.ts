import { GtidSet } from "../gtid/gtid_set.ts";
import type { FileSummary } from "../store/file_summary.ts";

/**
 * GTIDs up to the end of a file, in the form in which a replica takes them: MySQL's set of all
 * transactions (gtid_executed, MASTER_AUTO_POSITION), MariaDB's position (gtid_slave_pos). Empty where
 * the file says nothing of GTIDs.
 */
export function gtidsAtEnd(summary: FileSummary): string {
  if (summary.flavour === "mariadb") return summary.position ?? "";
  return GtidSet.parse(summary.previousGtids ?? "").union(GtidSet.parse(summary.gtids)).toString();
}
