import { GtidSet } from "../gtid/gtid_set.ts";
import { MariadbGtidSet } from "../gtid/mariadb_gtid_set.ts";
import { parseMariadbGtid } from "../gtid/mariadb_position.ts";
import type { FileSummary } from "../store/file_summary.ts";

/**
 * GTIDs that the heads of files `first` to `last` say came before, later than what the first of these
 * heads names, and that none of the files holds: in MySQL's notation or MariaDB's. Of MariaDB only the
 * last one of each server is known, as heads name no others.
 */
export function unheldGtids(
  files: readonly FileSummary[],
  first = 0,
  last = files.length - 1,
): string {
  const flavour = files[last]?.flavour;
  const same = files.filter((file) => file.flavour === flavour);
  const heads = files.slice(first, last + 1).flatMap((file) =>
    file.flavour === flavour && file.previousGtids !== undefined ? [file.previousGtids] : []
  );
  if (heads.length < 2) return "";
  return flavour === "mariadb" ? unheldMariadb(same, heads) : unheldMysql(same, heads);
}

function unheldMysql(files: readonly FileSummary[], heads: readonly string[]): string {
  // Each head holds those before it.
  const unheld = GtidSet.parse(heads[heads.length - 1]!).subtract(GtidSet.parse(heads[0]!));
  for (const { gtids } of files) {
    if (unheld.isEmpty) break;
    unheld.subtract(GtidSet.parse(gtids));
  }
  return unheld.toString();
}

function unheldMariadb(files: readonly FileSummary[], heads: readonly string[]): string {
  const held = new MariadbGtidSet();
  for (const { gtids } of files) held.union(MariadbGtidSet.parse(gtids));
  const [oldest, ...others] = heads.map((head) =>
    head.split(",").filter((part) => part !== "").map(parseMariadbGtid)
  );
  const before = new Map(oldest!.map((gtid) => [`${gtid.domain}-${gtid.serverId}`, gtid.sequence]));
  const unheld = new MariadbGtidSet();
  for (const gtid of others.flat()) {
    const { domain, serverId, sequence } = gtid;
    if (held.has(gtid) || sequence <= (before.get(`${domain}-${serverId}`) ?? -1n)) continue;
    unheld.addInterval(domain, serverId, sequence, sequence + 1n);
  }
  return unheld.toString();
}
