import { GtidSet } from "../gtid/gtid_set.ts";
import { MariadbGtidSet } from "../gtid/mariadb_gtid_set.ts";
import { parseMariadbGtid } from "../gtid/mariadb_position.ts";
import { type FoundTransaction, scanFrom, transactionOf } from "./find_scan.ts";
import type { IndexedSeries } from "./list_files.ts";

/** GTIDs to look for: a set of MySQL's, or single ones and runs of MariaDB's. */
export type WantedGtids = { mysql: GtidSet } | { mariadb: MariadbGtidSet };

/** Reads GTIDs in the notation of either flavour. Throws FormatError. */
export function parseWantedGtids(text: string): WantedGtids {
  const mariadb = /^\s*\d+-\d+-\d+/.test(text) && !text.includes(":");
  return mariadb ? { mariadb: MariadbGtidSet.parse(text) } : { mysql: GtidSet.parse(text.trim()) };
}

/** Whether some wanted GTID is among those of a file or stretch. */
function mayHold(wanted: WantedGtids, gtids: string): boolean {
  if (gtids === "") return false;
  if ("mysql" in wanted) {
    return /^[0-9a-f]{8}-/i.test(gtids) && !wanted.mysql.intersect(GtidSet.parse(gtids)).isEmpty;
  }
  if (/^[0-9a-f]{8}-/i.test(gtids)) return false;
  for (const { domain, serverId, ranges } of MariadbGtidSet.parse(gtids).entries()) {
    for (const { start, end } of ranges.ranges) {
      if (wanted.mariadb.overlaps(domain, serverId, start, end)) return true;
    }
  }
  return false;
}

/**
 * Finds transactions by GTID: calls `found` for each in file order and returns the GTIDs that are in
 * no file, as text. Reads only those stretches of files that hold some.
 */
export function findByGtid(
  series: IndexedSeries,
  wanted: WantedGtids,
  found: (transaction: FoundTransaction) => void,
): string {
  const set = "mysql" in wanted ? wanted.mysql : wanted.mariadb;
  const missing = "mysql" in wanted
    ? { mysql: wanted.mysql.clone() }
    : { mariadb: new MariadbGtidSet().union(wanted.mariadb) };
  const take = (transaction: FoundTransaction): void => {
    found(transaction);
    const gtid = transaction.gtid!;
    if (missing.mysql) missing.mysql.subtract(GtidSet.parse(gtid));
    else missing.mariadb!.remove(parseMariadbGtid(gtid));
  };
  for (const entry of series.files) {
    if (!("summary" in entry) || !mayHold(wanted, entry.summary.gtids)) continue;
    const points = series.index.points(entry.file);
    const stretches = points
      ? points.map(({ position, gtids }, i) => ({
        position,
        gtids,
        next: points[i + 1]?.position ?? Infinity,
      }))
      : [{ position: 0, gtids: entry.summary.gtids, next: Infinity }];
    for (const { position, gtids, next } of stretches) {
      if (!mayHold(wanted, gtids)) continue;
      scanFrom(series.dir, entry.file, position, (scan) => {
        if (scan.scanner.position >= next) return false;
        if (scan.ended && scan.hasGtid && scan.gtids.lastIn(set)) take(transactionOf(scan));
        return true;
      }, entry.summary.damage);
    }
  }
  return (missing.mysql ?? missing.mariadb!).toString();
}
