import { BINLOG_MAGIC } from "../binlog/event_header.ts";
import { GtidSet } from "../gtid/gtid_set.ts";
import { decodeGtidSet } from "../gtid/gtid_set_codec.ts";
import type { BinlogDump, BinlogDumpGtid } from "../protocol/binlog_dump.ts";
import type { BinlogCatalog } from "./binlog_catalog.ts";
import { MysqlFilter } from "./mysql_filter.ts";
import { SqlError } from "./sql_error.ts";
import type { TransactionFilter } from "./transaction_filter.ts";

/** Where a dump begins and what it leaves out. */
export interface DumpPlan {
  file: string;
  position: number;
  filter: TransactionFilter | undefined;
  /** The start was chosen by GTIDs. */
  byGtid: boolean;
}

/** What is asked for lies beyond what there is: it may be on its way. */
export class BeyondEndError extends SqlError {
  constructor(message: string) {
    super("MASTER_FATAL_ERROR_READING_BINLOG", message);
  }
}

function refused(message: string): SqlError {
  return new SqlError("MASTER_FATAL_ERROR_READING_BINLOG", message);
}

/** Sequence number by which a missing file can be told to be one that is still to come. */
function isLater(file: string, catalog: BinlogCatalog): boolean {
  const newest = catalog.files[catalog.files.length - 1];
  const number = (name: string): [string, number] => {
    const match = /^(.*)\.(\d+)$/.exec(name);
    return [match?.[1] ?? "", Number(match?.[2] ?? -1)];
  };
  if (newest === undefined) return true;
  const [base, sequence] = number(newest);
  const [asked, wanted] = number(file);
  return asked === base && wanted > sequence;
}

/** MariaDB's words for a start before the first event or behind the last one. */
function impossiblePosition(file: string, position: number): string {
  return "Client requested master to start replication from impossible position; the first event " +
    `'${file}' at ${position}, the last event read from '${file}' at 4, the last byte read from ` +
    `'${file}' at 4.`;
}

/**
 * A start by file and position (rpl_binlog_sender.cc check_start_file).
 * @throws {SqlError} 1236 with the source's words. {BeyondEndError} where it may still come.
 */
export async function planByPosition(
  dump: BinlogDump,
  catalog: BinlogCatalog,
): Promise<DumpPlan> {
  const file = dump.file === "" ? catalog.files[0] : dump.file;
  const missing = "Could not find first log file name in binary log index file";
  if (file === undefined) throw new BeyondEndError(missing);
  if (!catalog.files.includes(file)) {
    throw isLater(file, catalog) ? new BeyondEndError(missing) : refused(missing);
  }
  if (dump.position < BINLOG_MAGIC.length) {
    throw refused(
      catalog.mariadb
        ? impossiblePosition(file, dump.position)
        : "Client requested source to start replication from position < 4",
    );
  }
  const size = await catalog.limit(file);
  if (dump.position > size) {
    const message = catalog.mariadb
      ? impossiblePosition(file, dump.position)
      : "Client requested source to start replication from position > file size";
    const newest = file === catalog.files[catalog.files.length - 1];
    throw newest ? new BeyondEndError(message) : refused(message);
  }
  return { file, position: dump.position, filter: undefined, byGtid: false };
}

function decodeRequested(bytes: Uint8Array): GtidSet {
  try {
    return decodeGtidSet(bytes);
  } catch {
    throw new SqlError("MALFORMED_GTID_SET", "Malformed GTID set encoding in the dump request.");
  }
}

/**
 * A start by GTID set (rpl_binlog_sender.cc check_start_file): the newest file before which the
 * replica has everything. With a file name in the request that file and position are taken, and the
 * set says what to leave out.
 */
export async function planByGtidSet(
  dump: BinlogDumpGtid,
  catalog: BinlogCatalog,
  sourceUuid: string | undefined,
): Promise<DumpPlan> {
  const set = decodeRequested(dump.gtidSet);
  if (dump.file !== "") {
    const plan = await planByPosition(dump, catalog);
    return { ...plan, filter: set.isEmpty ? undefined : new MysqlFilter(set) };
  }
  if (catalog.files.length === 0) throw new BeyondEndError("Could not find first log file name");
  if (!catalog.gtidMode()) {
    throw refused(
      "The replication sender thread cannot start in AUTO_POSITION mode: this server has " +
        "GTID_MODE = OFF instead of ON.",
    );
  }
  checkSet(set, catalog, sourceUuid);
  const { files } = catalog;
  for (let i = files.length - 1; i >= 0; i--) {
    const previous = catalog.head(files[i]!)?.previousGtids;
    if (previous?.isSubsetOf(set)) {
      const filter = new MysqlFilter(set);
      return { file: files[i]!, position: BINLOG_MAGIC.length, filter, byGtid: true };
    }
  }
  throw noStart(catalog, purgedError(set, catalog.purged()));
}

/** Why there is no file to begin with: `error`, unless damage hides what the files begin with. */
export function noStart(catalog: BinlogCatalog, error: SqlError): SqlError {
  const damaged = catalog.files.find((file) => catalog.head(file)?.damaged);
  return damaged === undefined ? error : refused(`bogus data in log event; see ${damaged}`);
}

function checkSet(set: GtidSet, catalog: BinlogCatalog, sourceUuid: string | undefined): void {
  const executed = catalog.executed();
  // A source looks at its own UUID only; what others have committed on the replica is its business.
  // The files are those of the source they came from, so that UUID counts as ours; where it is not
  // known, every UUID does that is in the files.
  const own = new GtidSet();
  const uuids = new Set([...executed.entries()].map(({ uuid }) => uuid));
  for (const { uuid, tag, ranges } of set.entries()) {
    if (sourceUuid === undefined ? !uuids.has(uuid) : uuid !== sourceUuid) continue;
    own.addIntervals(uuid, tag, ranges.ranges);
  }
  if (!own.isSubsetOf(executed)) {
    // Letter by letter as it is in the servers' list of messages.
    throw new BeyondEndError(
      "Replica has more GTIDs than the source has, using the source's SERVER_UUID. This may " +
        "indicate that the the last binary log file was truncated or lost, e.g., after a power " +
        "failure when sync_binlog != 1. The source may have rolled back transactions that were " +
        "already replicated to the replica. Replicate any transactions that source has rolled " +
        "back from replica to source, and/or commit empty transactions on source to account for " +
        "transactions that have been committed on source but are not included in GTID_EXECUTED.",
    );
  }
  const purged = catalog.purged();
  if (!purged.isSubsetOf(set)) throw purgedError(set, purged);
}

function purgedError(set: GtidSet, purged: GtidSet): SqlError {
  const missing = purged.clone().subtract(set);
  return refused(
    "Cannot replicate because the source purged required binary logs. Replicate the missing " +
      "transactions from elsewhere, or provision a new replica from backup. Consider increasing " +
      "the source's binary log expiration period. The GTID set sent by the replica is " +
      `'${set}', and the missing transactions are '${missing}'`,
  );
}
