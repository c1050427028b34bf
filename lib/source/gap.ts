import type { GtidTracker } from "../binlog/gtid_event.ts";
import { BytesDifferError, DivergenceError, FormatError, ServerError } from "../errors.ts";
import { parseBinlogFileName } from "../store/file_name.ts";
import type { SourceIdentity } from "../store/identity.ts";
import type { Store } from "../store/store.ts";
import { FATAL_READING_BINLOG } from "./error_policy.ts";

/** What a source that can't go on where the store ends has instead. */
export type GapVerdict =
  /** The store's last file is complete, and the source still has the one after it. */
  | { kind: "next"; file: string }
  /** What comes next was purged; the source's oldest file is this one. */
  | { kind: "purged"; oldest: string }
  /** The source's files are another history. */
  | { kind: "replaced"; oldest: string };

const NO_SUCH_FILE = /could not find first log|could not find.*log file|Could not open log file/i;
const NONSENSE =
  /bogus data|exceeded max_allowed_packet|crc check|truncated in the middle|event entry/i;
const TOO_SHORT = /position > file size|impossible position/i;

/** Whether an error says that the source does not have the file asked for. */
export function isMissingFile(error: unknown): boolean {
  return error instanceof ServerError && error.details.code === FATAL_READING_BINLOG &&
    NO_SUCH_FILE.test(error.message);
}

/** Whether an error says that the source's file ends before the position asked for. */
export function isShorterSource(error: unknown): boolean {
  return error instanceof ServerError && error.details.code === FATAL_READING_BINLOG &&
    TOO_SHORT.test(error.message);
}

/**
 * Whether an error may come from having asked, in a file of other contents, for a place in the middle
 * of an event: the source, or we, can't make sense of what is there.
 */
export function isNonsense(store: Store, error: unknown): boolean {
  if (!store.last) return false;
  if (error instanceof ServerError) {
    return error.details.code === FATAL_READING_BINLOG && NONSENSE.test(error.message);
  }
  const at = error instanceof FormatError ? error.details.position ?? -1 : -1;
  return at >= store.last.previousTransactionEnd && at <= store.last.eventEnd;
}

/** Compares the end of the store with the oldest file of the source, and who the source is. */
export function judgeGap(store: Store, oldest: string, now?: SourceIdentity): GapVerdict {
  const last = store.last!;
  const ours = parseBinlogFileName(last.file)!;
  const theirs = parseBinlogFileName(oldest);
  const order = theirs?.base === ours.base && theirs.sequence > ours.sequence;
  if (!order || isOther(store.identity.source, now)) return { kind: "replaced", oldest };
  if (last.nextFile === oldest) return { kind: "next", file: oldest };
  return { kind: "purged", oldest };
}

/** Whether two servers are certainly not one: MariaDB has no UUID that says so. */
function isOther(before: SourceIdentity | undefined, now: SourceIdentity | undefined): boolean {
  if (!before || !now) return false;
  if (before.flavour !== now.flavour) return true;
  const [a, b] = [before.serverUuid, now.serverUuid];
  return a !== undefined && b !== undefined && a !== b;
}

/**
 * Whether a file of the source, by what it says was done before it, may come after the transactions
 * that the store holds. Says yes where there are no GTIDs to tell.
 */
export function mayFollow(head: GtidTracker, held: GtidTracker): boolean {
  if (held.mysql && !held.mysql.isEmpty) {
    return head.mysql !== undefined && held.mysql.isSubsetOf(head.mysql);
  }
  if (!held.mariadb || held.mariadb.isEmpty) return true;
  // A domain may have been taken out of the list since (FLUSH … DELETE_DOMAIN_ID), but not all.
  const { mariadb } = head;
  const common = [...held.mariadb].filter(({ domain }) => mariadb?.last(domain));
  return common.length > 0 &&
    common.every(({ domain, sequence }) => mariadb!.last(domain)!.sequence >= sequence);
}

function describe(source: SourceIdentity): string {
  return `${source.address} (${source.version}, server_id ${source.serverId}` +
    `${source.serverUuid ? `, ${source.serverUuid}` : ""})`;
}

/** Which source the store was made from, and which one answers now, as far as they are known. */
function bothSides(store: Store, now: SourceIdentity | undefined): string {
  const before = store.identity.source;
  const sides = [
    ...(before ? [`the store is from ${describe(before)}`] : []),
    ...(now ? [`the source is ${describe(now)}`] : []),
  ];
  return sides.length > 0 ? `; ${sides.join(", ")}` : "";
}

/** A difference between store and source, with both sides named. */
export function differenceError(
  store: Store,
  now: SourceIdentity | undefined,
  error: BytesDifferError,
): BytesDifferError {
  return new BytesDifferError(error.message + bothSides(store, now), {
    ...error.details,
    cause: error,
  });
}

/** Both sides named, and the one command that goes on without losing a byte of the store. */
export function gapError(
  store: Store,
  verdict: GapVerdict,
  cause: unknown,
  now?: SourceIdentity,
): DivergenceError {
  const { file, eventEnd } = store.last!;
  const sides = bothSides(store, now);
  if (verdict.kind === "purged") {
    return new DivergenceError(
      `The source no longer has ${file}, where the store ends at ${eventEnd}; its oldest file is ` +
        verdict.oldest + sides,
      {
        file,
        position: eventEnd,
        expected: file,
        found: verdict.oldest,
        cause,
        hint: `--on-gap=continue goes on with ${verdict.oldest} and remembers the hole`,
      },
    );
  }
  const oldest = verdict.kind === "replaced" ? verdict.oldest : verdict.file;
  return new DivergenceError(
    `The source does not have ${file}, where the store ends at ${eventEnd}; it begins with ` +
      `${oldest}: it was reset or replaced${sides}`,
    {
      file,
      position: eventEnd,
      expected: file,
      found: oldest,
      cause,
      hint: "--new-era keeps this history in a folder of its own and begins afresh",
    },
  );
}

/**
 * The error for a source that refuses to go on where the store ends and is not the server that the
 * store was made from; undefined where it is, or where it refuses for another reason.
 */
export function otherServerError(
  store: Store,
  now: SourceIdentity | undefined,
  cause: unknown,
): DivergenceError | undefined {
  const before = store.identity.source;
  if (!store.last || !before || !now) return undefined;
  const { file, eventEnd, previousTransactionEnd } = store.last;
  const refused = cause instanceof ServerError && cause.details.code === FATAL_READING_BINLOG;
  // Its bytes make no sense where the store's last transactions are to be shown again.
  const at = cause instanceof FormatError ? cause.details.position ?? -1 : -1;
  if (!refused && !(at >= previousTransactionEnd && at <= eventEnd)) return undefined;
  const error = cause as ServerError | FormatError;
  const same = before.serverUuid === now.serverUuid && before.serverId === now.serverId;
  if (same || /same server/i.test(error.message)) return undefined;
  return new DivergenceError(
    `The source is not the one the store was made from, and can't go on at ${file}:${eventEnd}: ` +
      error.message,
    {
      file,
      position: eventEnd,
      expected: describe(before),
      found: describe(now),
      cause,
      hint: "--new-era keeps this history in a folder of its own and begins afresh",
    },
  );
}

/** The error for a start file that the source does not have. */
export function noStartFileError(error: ServerError, file: string, oldest: string): ServerError {
  const wanted = file || "that --start-gtid begins in";
  return new ServerError(
    `The source does not have the file ${wanted}: it purged it, or never had it; its oldest file ` +
      `is ${oldest}`,
    {
      ...error.details,
      ...(file ? { file } : {}),
      found: oldest,
      cause: error,
      hint: `--start-file=${oldest} begins with the oldest there is`,
    },
  );
}

/** The error for a source whose file is shorter than the store's. */
export function shorterSourceError(
  store: Store,
  cause: unknown,
  now?: SourceIdentity,
): DivergenceError {
  const { file, eventEnd } = store.last!;
  return new DivergenceError(
    `The source's ${file} is shorter than the store's, which ends at ${eventEnd}: the source was ` +
      `restored, reset or replaced${bothSides(store, now)}`,
    {
      file,
      position: eventEnd,
      cause,
      hint: "--new-era keeps this history in a folder of its own and begins afresh",
    },
  );
}
