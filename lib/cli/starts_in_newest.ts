import type { GtidTracker } from "../binlog/gtid_event.ts";
import { GtidSet } from "../gtid/gtid_set.ts";
import { MariadbPosition } from "../gtid/mariadb_position.ts";
import { isMariadbGtidText } from "../pipeline/stop_at_gtid.ts";
import { readFileHead } from "../server/file_head.ts";
import type { Store } from "../store/store.ts";
import { readStoreGtids } from "../store/store_gtids.ts";

/** Whether all of what is held is in the set or position; false where nothing is known of it. */
function contains(
  text: string,
  { mysql, mariadb }: Pick<GtidTracker, "mysql" | "mariadb">,
): boolean {
  return isMariadbGtidText(text)
    ? mariadb !== undefined && MariadbPosition.parse(text).covers(mariadb)
    : mysql !== undefined && mysql.isSubsetOf(GtidSet.parse(text));
}

/**
 * Whether the newest file of the store is where a source would begin for this GTID set: the newest
 * whose transactions before it are all in the set.
 */
export function startsInNewest(store: Store, gtidSet: string): boolean {
  const { last, dir } = store;
  const head = last && readFileHead(`${dir}/${last.file}`, last.file);
  if (!last || !head) return false;
  const list = head.gtidList && new MariadbPosition();
  for (const gtid of head.gtidList ?? []) list!.add(gtid);
  if (!contains(gtidSet, { mysql: head.previousGtids, mariadb: list })) return false;
  // A complete file that is all in the set is passed over for the next one.
  return last.nextFile === undefined ||
    !contains(gtidSet, readStoreGtids(`${dir}/${last.file}`, last.file));
}
