import { EVENT_HEADER_SIZE } from "../binlog/event_header.ts";
import { EVENT_TYPE } from "../binlog/event_type.ts";
import { GtidCollector } from "../binlog/gtid_collector.ts";
import { decodeQueryEvent, unpackStatement } from "../binlog/query_event.ts";
import { decodeQueryStatus, type QueryStatus } from "../binlog/query_status.ts";
import { decodeRowsQueryEvent } from "../binlog/statement_events.ts";
import { statementText } from "../binlog/statement_text.ts";
import { TransactionTracker } from "../binlog/transaction_tracker.ts";
import { ByteReader } from "../bytes/byte_reader.ts";
import { FormatError } from "../errors.ts";
import type { EventView } from "./event_view.ts";
import type { EventChoice, EventContext } from "./events_walk.ts";
import type { WantedGtids } from "./find_gtid.ts";
import { statementNames, type TableName } from "./find_table_sql.ts";

/** What is asked for; an event is shown when it fits all that is given. */
export interface EventFilterOptions {
  /** Header timestamps, seconds since 1970: from the first on, before the second. */
  startTime?: number;
  stopTime?: number;
  /** Only events of these transactions. */
  includeGtids?: WantedGtids;
  /** No events of these transactions. */
  excludeGtids?: WantedGtids;
  serverIds?: ReadonlySet<number>;
  /** Tables of this database, and statements run in it. */
  database?: string;
  /** Rows of these tables, and statements that name one. */
  tables?: readonly TableName[];
  /** Event type codes. */
  types?: ReadonlySet<number>;
}

const GTID_EVENTS = new Set<number>([
  EVENT_TYPE.GTID_LOG_EVENT,
  EVENT_TYPE.GTID_TAGGED_LOG_EVENT,
  EVENT_TYPE.ANONYMOUS_GTID_LOG_EVENT,
  EVENT_TYPE.GTID_EVENT,
]);
const GTID_SIZE_MIN = EVENT_HEADER_SIZE + 13;

/** The part of an event without checksum that is at hand. */
function headOf(event: EventView): Uint8Array {
  return event.head.subarray(0, event.eventSize - event.checksumSize);
}

/** Chooses events by time, GTID, server, database, table and type. */
export class EventFilter implements EventChoice {
  readonly #options: EventFilterOptions;
  readonly #tracker = new TransactionTracker();
  readonly #gtids = new GtidCollector();
  /** Whether the last event is part of a transaction, and whether that one has a GTID. */
  #inTransaction = false;
  #hasGtid = false;

  constructor(options: EventFilterOptions) {
    this.#options = options;
  }

  wants(event: EventView, context: EventContext): boolean {
    if (!context.nested) this.#track(event);
    const { startTime, stopTime, serverIds, types, includeGtids, excludeGtids } = this.#options;
    // Artificial events have no time.
    if (startTime !== undefined && event.timestamp < startTime && event.timestamp !== 0) {
      return false;
    }
    if (stopTime !== undefined && event.timestamp >= stopTime) return false;
    if (serverIds && !serverIds.has(event.serverId)) return false;
    if (types && !types.has(event.eventType)) return false;
    if (includeGtids && !this.#inSet(includeGtids)) return false;
    if (excludeGtids && this.#inSet(excludeGtids)) return false;
    return this.#fitsNames(event, context);
  }

  #track(event: EventView): void {
    const bytes = event.buffer;
    const size = event.eventSize - event.checksumSize;
    if (GTID_EVENTS.has(event.eventType) && size >= GTID_SIZE_MIN && event.whole) {
      try {
        this.#gtids.take(bytes, event.offset, size);
        this.#hasGtid = true;
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        this.#hasGtid = false;
      }
    }
    const before = this.#tracker.inTransaction;
    this.#tracker.next(bytes, event.offset, size);
    this.#inTransaction = before || this.#tracker.inTransaction || this.#tracker.ended;
    if (this.#inTransaction && !before && !GTID_EVENTS.has(event.eventType)) this.#hasGtid = false;
  }

  #inSet(wanted: WantedGtids): boolean {
    if (!this.#inTransaction || !this.#hasGtid) return false;
    return this.#gtids.lastIn("mysql" in wanted ? wanted.mysql : wanted.mariadb);
  }

  #fitsNames(event: EventView, { table }: EventContext): boolean {
    const { database, tables } = this.#options;
    if (database === undefined && tables === undefined) return true;
    if (table) {
      if (database !== undefined && table.database !== database) return false;
      return tables === undefined ||
        tables.some((name) => name.database === table.database && name.table === table.table);
    }
    try {
      return this.#statementFits(event);
    } catch (error) {
      if (error instanceof FormatError) return true;
      throw error;
    }
  }

  #statementFits(event: EventView): boolean {
    const { database, tables } = this.#options;
    const reader = new ByteReader(headOf(event), EVENT_HEADER_SIZE);
    let text: Uint8Array;
    let current = "";
    let status: QueryStatus = {};
    switch (event.eventType) {
      case EVENT_TYPE.QUERY_EVENT:
      case EVENT_TYPE.QUERY_COMPRESSED_EVENT:
      case EVENT_TYPE.EXECUTE_LOAD_QUERY_EVENT: {
        const load = event.eventType === EVENT_TYPE.EXECUTE_LOAD_QUERY_EVENT;
        const query = decodeQueryEvent(reader, load ? "load" : "plain");
        current = query.database;
        status = decodeQueryStatus(query.statusVariables);
        const packed = event.eventType === EVENT_TYPE.QUERY_COMPRESSED_EVENT;
        text = packed ? unpackStatement(query) : query.statement;
        break;
      }
      case EVENT_TYPE.ROWS_QUERY_LOG_EVENT:
        if (tables === undefined) return false;
        text = decodeRowsQueryEvent(reader);
        current = database ?? tables[0]!.database;
        break;
      case EVENT_TYPE.ANNOTATE_ROWS_EVENT:
        if (tables === undefined) return false;
        text = reader.rest();
        current = database ?? tables[0]!.database;
        break;
      default:
        return false;
    }
    if (database !== undefined && current !== database) return false;
    if (tables === undefined) return true;
    const statement = statementText(text, status);
    return tables.some((name) => statementNames(statement, current, name, status.sql_mode));
  }
}
