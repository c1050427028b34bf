import { EVENT_TYPE } from "./event_type.ts";
import { EVENT_HEADER_SIZE } from "./event_header.ts";

/**
 * Where a stream of events stands between transactions. The grammar (MySQL
 * libs/mysql/binlog/event/trx_boundary_parser.cpp; MariaDB sql/sql_repl.cc), neutral events such as
 * ROTATE, FORMAT_DESCRIPTION, PREVIOUS_GTIDS, GTID_LIST and heartbeats left out:
 *
 *     MySQL    gtid ( payload | xa_prepare | ddl_query | ( "BEGIN" | "XA START" ) any* end )
 *              end = xid | xa_prepare | "COMMIT" | "ROLLBACK" | "XA ROLLBACK…"
 *     MariaDB  gtid(standalone) helper* query  |  gtid any* end
 *     before GTIDs (5.6)  ddl_query | "BEGIN" any* end
 */
export const TRANSACTION_STATE = {
  /** Between transactions. */
  OUTSIDE: 0,
  /** A MySQL GTID event was read; the next event decides what kind of group it opens. */
  STARTED: 1,
  /** Inside BEGIN …, up to XID, COMMIT or ROLLBACK. */
  OPEN: 2,
  /** A MariaDB GTID with FL_STANDALONE: one statement follows. */
  STANDALONE: 3,
} as const;

/** Added to the state by {@link advanceTransaction} when the event ends a transaction. */
export const TRANSACTION_ENDED = 8;

/** 1 for the event types that can change the state; all others may be passed over unread. */
export const TRANSACTION_EVENTS: Uint8Array = new Uint8Array(256);
for (
  const type of [
    EVENT_TYPE.QUERY_EVENT,
    EVENT_TYPE.XID_EVENT,
    EVENT_TYPE.INCIDENT_EVENT,
    EVENT_TYPE.GTID_LOG_EVENT,
    EVENT_TYPE.ANONYMOUS_GTID_LOG_EVENT,
    EVENT_TYPE.GTID_TAGGED_LOG_EVENT,
    EVENT_TYPE.XA_PREPARE_LOG_EVENT,
    EVENT_TYPE.TRANSACTION_PAYLOAD_EVENT,
    EVENT_TYPE.GTID_EVENT,
    EVENT_TYPE.QUERY_COMPRESSED_EVENT,
  ]
) {
  TRANSACTION_EVENTS[type] = 1;
}

/** Post-header of a QUERY_EVENT: thread id, time, db length, error code, status vars length. */
const QUERY_POST_HEADER_SIZE = 13;
const FL_STANDALONE = 1;
/** Offset of flags2 in a MariaDB GTID event: header, u64 seq_no, u32 domain_id. */
const MARIADB_FLAGS2_OFFSET = EVENT_HEADER_SIZE + 12;
const { OUTSIDE, STARTED, OPEN, STANDALONE } = TRANSACTION_STATE;
const ENDED = OUTSIDE | TRANSACTION_ENDED;

function asciiBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
const BEGIN = asciiBytes("BEGIN");
const COMMIT = asciiBytes("COMMIT");
const ROLLBACK = asciiBytes("ROLLBACK");
const ROLLBACK_TO = asciiBytes("ROLLBACK TO ");
const XA_START = asciiBytes("XA START");
const XA_COMMIT = asciiBytes("XA COMMIT");
const XA_ROLLBACK = asciiBytes("XA ROLLBACK");

/** Whether `bytes` at `offset` hold `word`; `fold` ignores the case of ASCII letters. */
function holds(bytes: Uint8Array, offset: number, word: Uint8Array, fold: boolean): boolean {
  if (offset + word.length > bytes.length) return false;
  for (let i = 0; i < word.length; i++) {
    let byte = bytes[offset + i]!;
    if (fold && byte >= 0x61 && byte <= 0x7a) byte -= 0x20;
    if (byte !== word[i]) return false;
  }
  return true;
}

function advanceQuery(state: number, bytes: Uint8Array, offset: number, size: number): number {
  const status = bytes[offset + EVENT_HEADER_SIZE + 11]! |
    (bytes[offset + EVENT_HEADER_SIZE + 12]! << 8);
  const database = bytes[offset + EVENT_HEADER_SIZE + 8]!;
  const skip = EVENT_HEADER_SIZE + QUERY_POST_HEADER_SIZE + status + database + 1;
  const text = offset + skip;
  const length = size - skip;
  if (state === STANDALONE) return ENDED;
  if (state !== OPEN) {
    if (length === BEGIN.length && holds(bytes, text, BEGIN, false)) return OPEN;
    if (length > XA_START.length && holds(bytes, text, XA_START, false)) return OPEN;
    return ENDED;
  }
  if (length === COMMIT.length && holds(bytes, text, COMMIT, false)) return ENDED;
  if (length >= ROLLBACK.length && holds(bytes, text, ROLLBACK, true)) {
    return holds(bytes, text, ROLLBACK_TO, true) ? OPEN : ENDED;
  }
  if (holds(bytes, text, XA_ROLLBACK, true) || holds(bytes, text, XA_COMMIT, true)) return ENDED;
  return OPEN;
}

/**
 * The state after an event, plus {@link TRANSACTION_ENDED} when a transaction ends with it.
 *
 * `bytes` holds the event from `offset` on, at least its first 32 KiB or all of it; `size` is its
 * size without the checksum.
 */
export function advanceTransaction(
  state: number,
  bytes: Uint8Array,
  offset: number,
  size: number,
): number {
  switch (bytes[offset + 4]) {
    case EVENT_TYPE.GTID_LOG_EVENT:
    case EVENT_TYPE.ANONYMOUS_GTID_LOG_EVENT:
    case EVENT_TYPE.GTID_TAGGED_LOG_EVENT:
      return STARTED;
    case EVENT_TYPE.GTID_EVENT:
      return bytes[offset + MARIADB_FLAGS2_OFFSET]! & FL_STANDALONE ? STANDALONE : OPEN;
    case EVENT_TYPE.QUERY_EVENT:
      return advanceQuery(state, bytes, offset, size);
    case EVENT_TYPE.QUERY_COMPRESSED_EVENT:
      // BEGIN, COMMIT and ROLLBACK are too short to be compressed, so this is a statement.
      return state === OPEN ? OPEN : ENDED;
    case EVENT_TYPE.XID_EVENT:
    case EVENT_TYPE.XA_PREPARE_LOG_EVENT:
    case EVENT_TYPE.TRANSACTION_PAYLOAD_EVENT:
    case EVENT_TYPE.INCIDENT_EVENT:
      return ENDED;
    default:
      return state;
  }
}

/** {@link advanceTransaction} with the state kept inside, for readers of whole files. */
export class TransactionTracker {
  #state: number = OUTSIDE;
  #ended = false;

  /** Takes the next event of the file; see {@link advanceTransaction} for the arguments. */
  next(bytes: Uint8Array, offset: number, size: number): void {
    if (TRANSACTION_EVENTS[bytes[offset + 4]!] === 0) {
      this.#ended = false;
      return;
    }
    const state = advanceTransaction(this.#state, bytes, offset, size);
    this.#ended = (state & TRANSACTION_ENDED) !== 0;
    this.#state = state & ~TRANSACTION_ENDED;
  }

  /** Whether a transaction has begun and not ended. */
  get inTransaction(): boolean {
    return this.#state !== OUTSIDE;
  }

  /** Whether the last event ended a transaction. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Forgets an unfinished transaction: a new file begins. */
  reset(): void {
    this.#state = OUTSIDE;
    this.#ended = false;
  }
}
