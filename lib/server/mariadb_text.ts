import { formatMariadbGtid, type MariadbGtid } from "../gtid/mariadb_position.ts";

/** Text of a MariaDB state; `newest`: only the last transaction of each domain, a position. */
export function mariadbText(state: readonly MariadbGtid[], newest: boolean): string {
  const shown = newest ? state.filter((gtid, i) => state[i + 1]?.domain !== gtid.domain) : state;
  return shown.map(formatMariadbGtid).join(",");
}
