import { EVENT_TYPE } from "../binlog/event_type.ts";
import { TRANSACTION_EVENTS } from "../binlog/transaction_tracker.ts";

/** What an event type means to a stream that is served; most mean nothing. */
export const EVENT_ROLE = {
  PLAIN: 0,
  /** Part of the grammar of transactions. */
  GRAMMAR: 1,
  /** Begins a transaction, and says which. */
  GTID: 2,
  /** Sent whatever is left out. */
  ALWAYS: 3,
  /** Not every client of a MariaDB source knows or wants it. */
  KNOWN_TO_SOME: 4,
} as const;
const { GTID, ALWAYS, KNOWN_TO_SOME } = EVENT_ROLE;

/** The role of each event type, by its code. */
export const ROLE_OF_TYPE: Uint8Array = new Uint8Array(TRANSACTION_EVENTS);
ROLE_OF_TYPE[EVENT_TYPE.GTID_LOG_EVENT] = GTID;
ROLE_OF_TYPE[EVENT_TYPE.GTID_TAGGED_LOG_EVENT] = GTID;
ROLE_OF_TYPE[EVENT_TYPE.ANONYMOUS_GTID_LOG_EVENT] = GTID;
ROLE_OF_TYPE[EVENT_TYPE.GTID_EVENT] = GTID;
ROLE_OF_TYPE[EVENT_TYPE.ROTATE_EVENT] = ALWAYS;
ROLE_OF_TYPE[EVENT_TYPE.ANNOTATE_ROWS_EVENT] = KNOWN_TO_SOME;
ROLE_OF_TYPE[EVENT_TYPE.BINLOG_CHECKPOINT_EVENT] = KNOWN_TO_SOME;
ROLE_OF_TYPE[EVENT_TYPE.GTID_LIST_EVENT] = KNOWN_TO_SOME;
