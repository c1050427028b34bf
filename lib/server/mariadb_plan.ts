import { BINLOG_MAGIC } from "../binlog/event_header.ts";
import type { MariadbGtid } from "../gtid/mariadb_position.ts";
import { formatMariadbGtid, MariadbPosition } from "../gtid/mariadb_position.ts";
import type { BinlogCatalog } from "./binlog_catalog.ts";
import { BeyondEndError, type DumpPlan, noStart } from "./dump_plan.ts";
import { MariadbFilter } from "./mariadb_filter.ts";
import type { Session } from "./session.ts";
import { SqlError } from "./sql_error.ts";

function readPosition(session: Session, name: string): MariadbPosition {
  try {
    return MariadbPosition.parse(String(session.user(name) ?? ""));
  } catch {
    throw new SqlError("WRONG_VALUE_FOR_VAR", `Could not parse GTID list in @${name}`);
  }
}

/**
 * Whether a replica at `wanted` may begin in the file that begins with this list
 * (sql_repl.cc contains_all_slave_gtid): no listed domain may be new to it, and its last transaction
 * must not lie in an earlier file, unless it is the very last one of its domain there.
 */
function mayBeginBehind(list: readonly MariadbGtid[], wanted: MariadbPosition): boolean {
  return list.every((gtid, i) => {
    const asked = wanted.last(gtid.domain);
    if (!asked) return false;
    if (asked.serverId !== gtid.serverId || asked.sequence > gtid.sequence) return true;
    return asked.sequence === gtid.sequence && list[i + 1]?.domain !== gtid.domain;
  });
}

/** Whether the last transaction of that server in that domain is this one or a later one. */
function isReached(state: readonly MariadbGtid[], gtid: MariadbGtid): boolean {
  return state.some(({ domain, serverId, sequence }) =>
    domain === gtid.domain && serverId === gtid.serverId && sequence >= gtid.sequence
  );
}

/** Refuses a position that the files do not have; returns domains that they know nothing of. */
function checkPosition(
  wanted: MariadbPosition,
  catalog: BinlogCatalog,
  ignoreDuplicates: boolean,
): Set<number> {
  const state = catalog.mariadbState();
  const empty = new Set<number>();
  for (const gtid of wanted) {
    const inDomain = state.filter(({ domain }) => domain === gtid.domain);
    // A domain unknown here is accepted: it may show up later.
    if (inDomain.length === 0) empty.add(gtid.domain);
    if (inDomain.length === 0 || isReached(inDomain, gtid)) continue;
    const higher = inDomain.some(({ sequence }) => sequence > gtid.sequence);
    // It may have got it from another source of the same domain, and will see it here later.
    if (!higher && ignoreDuplicates) continue;
    const message = "Error: connecting slave requested to start from GTID " +
      `${formatMariadbGtid(gtid)}, which is not in the master's binlog`;
    if (!higher) throw new BeyondEndError(message);
    throw new SqlError(
      "MASTER_FATAL_ERROR_READING_BINLOG",
      `${message}. Since the master's binlog contains GTIDs with higher sequence numbers, it ` +
        "probably means that the slave has diverged due to executing extra erroneous transactions",
    );
  }
  return empty;
}

/**
 * A start by MariaDB GTID position, from @slave_connect_state (sql_repl.cc
 * gtid_find_binlog_file): the newest file that begins before it.
 * @throws {SqlError} 1236
 */
export function planByMariadbGtid(session: Session, catalog: BinlogCatalog): DumpPlan {
  const wanted = readPosition(session, "slave_connect_state");
  const until = session.hasUser("slave_until_gtid")
    ? readPosition(session, "slave_until_gtid")
    : undefined;
  const ignoreDuplicates = Number(session.user("slave_gtid_ignore_duplicates") ?? 0) !== 0;
  const emptyDomains = checkPosition(wanted, catalog, ignoreDuplicates);
  const { files } = catalog;
  for (let i = files.length - 1; i >= 0; i--) {
    const list = catalog.head(files[i]!)?.gtidList;
    if (!list || !mayBeginBehind(list, wanted)) continue;
    const filter = new MariadbFilter({
      wanted,
      state: list,
      until,
      strict: Number(session.user("slave_gtid_strict_mode") ?? 0) !== 0,
      has: (gtid) => isReached(catalog.mariadbState(), gtid),
      emptyDomains,
    });
    return { file: files[i]!, position: BINLOG_MAGIC.length, filter, byGtid: true };
  }
  if (files.length === 0) throw new BeyondEndError("Could not find first log file name");
  throw noStart(
    catalog,
    new SqlError(
      "MASTER_FATAL_ERROR_READING_BINLOG",
      "Could not find GTID state requested by slave in any binlog files. Probably the slave " +
        "state is too old and required binlog files have been purged.",
    ),
  );
}
