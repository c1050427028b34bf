import { EVENT_TYPE, eventTypeName } from "../binlog/event_type.ts";
import { GtidCollector } from "../binlog/gtid_collector.ts";
import { GtidTiming } from "../binlog/gtid_timing.ts";
import { rowsForm } from "../binlog/rows_event.ts";
import { TransactionTracker } from "../binlog/transaction_tracker.ts";
import { FormatError } from "../errors.ts";
import type { EventView } from "./event_view.ts";
import { type EventContext, type EventVisitor, problemText } from "./events_walk.ts";
import { StatsTimeline } from "./stats_timeline.ts";

/** Tables beyond this are counted together. */
const TABLES_MAX = 10_000;
const OTHERS = "(others)";
const MICROSECONDS = 1e6;
const GTID_SIZE_MIN = 32;

/** What was seen of a table. */
export interface TableStats {
  table: string;
  inserts: number;
  updates: number;
  deletes: number;
  /** Row events and table maps; inside compressed transactions as large as they are unpacked. */
  events: number;
  bytes: number;
}

/** One transaction that stands out. */
export interface TransactionStats {
  file: string;
  start: number;
  end: number;
  bytes: number;
  events: number;
  rows: number;
  gtid: string | null;
  /**
   * Whole seconds from its first statement to its commit; null where the session has set a time of its
   * own, so that this is not known.
   */
  seconds: number | null;
}

/** Counts and bytes of an event type. */
export interface TypeStats {
  type: string;
  events: number;
  bytes: number;
}

/** The best of many, by one measure. */
class TopList {
  readonly #size: number;
  readonly #measure: (entry: TransactionStats) => number;
  readonly entries: TransactionStats[] = [];

  constructor(size: number, measure: (entry: TransactionStats) => number) {
    this.#size = size;
    this.#measure = measure;
  }

  /** Whether an entry of this measure would be kept. */
  wants(value: number): boolean {
    const last = this.entries[this.#size - 1];
    return !last || value > this.#measure(last);
  }

  add(entry: TransactionStats): void {
    this.entries.push(entry);
    this.entries.sort((a, b) => this.#measure(b) - this.#measure(a));
    if (this.entries.length > this.#size) this.entries.pop();
  }
}

/** Counts events by type, table, transaction and time, in bounded memory. */
export class EventStats implements EventVisitor {
  readonly keepsPayload = true;
  events = 0;
  bytes = 0;
  transactions = 0;
  transactionBytes = 0;
  rows = 0;
  readonly timeline: StatsTimeline = new StatsTimeline();
  readonly #types = new Map<number, TypeStats>();
  readonly #tables = new Map<string, TableStats>();
  readonly #largest: TopList;
  readonly #longest: TopList;
  readonly #tracker = new TransactionTracker();
  readonly #gtids = new GtidCollector();
  readonly #timing = new GtidTiming();
  /** The transaction under way. */
  #start = 0;
  #startTime = 0;
  #transactionEvents = 0;
  #transactionRows = 0;
  #open = false;
  #hasGtid = false;
  /** The transaction that ended last, where it is in a list. */
  #ended: TransactionStats | undefined;

  constructor(options: { top: number }) {
    this.#largest = new TopList(options.top, ({ bytes }) => bytes);
    this.#longest = new TopList(options.top, ({ seconds }) => seconds ?? 0);
  }

  get types(): TypeStats[] {
    return [...this.#types.values()].sort((a, b) => b.bytes - a.bytes);
  }

  get tables(): TableStats[] {
    return [...this.#tables.values()].sort((a, b) => b.bytes - a.bytes);
  }

  get largest(): readonly TransactionStats[] {
    return this.#largest.entries;
  }

  /** Transactions that took more than a second: of whole seconds, one apart may be no time at all. */
  get longest(): readonly TransactionStats[] {
    return this.#longest.entries.filter(({ seconds }) => (seconds ?? 0) > 1);
  }

  event(event: EventView, context: EventContext): void {
    this.#count(event, context);
    if (!context.nested) this.#follow(event);
    this.#transactionEvents++;
    if (context.table) {
      try {
        this.#table(event, context);
      } catch (error) {
        context.problem = problemText(error);
      }
    }
    if (!context.nested) this.#end(event);
    else if (this.#ended) {
      // A payload ends its transaction, and what is in it comes behind.
      this.#ended.events = this.#transactionEvents;
      this.#ended.rows = this.#transactionRows;
    }
  }

  #count(event: EventView, { nested }: EventContext): void {
    const { eventSize, eventType, timestamp } = event;
    const type = this.#types.get(eventType);
    if (type) {
      type.events++;
      type.bytes += eventSize;
    } else {
      const name = eventTypeName(eventType);
      this.#types.set(eventType, { type: name, events: 1, bytes: eventSize });
    }
    if (nested) return;
    this.events++;
    this.bytes += eventSize;
    if (timestamp !== 0) this.timeline.add(timestamp, eventSize);
  }

  #table(event: EventView, { table, rows }: EventContext): void {
    const name = `${table!.database}.${table!.table}`;
    let stats = this.#tables.get(name);
    if (!stats) {
      const key = this.#tables.size < TABLES_MAX ? name : OTHERS;
      stats = this.#tables.get(key) ??
        { table: key, inserts: 0, updates: 0, deletes: 0, events: 0, bytes: 0 };
      this.#tables.set(key, stats);
    }
    stats.events++;
    stats.bytes += event.eventSize;
    const kind = rowsForm(event.eventType)?.kind;
    if (!kind) return;
    const count = rows.countRows(table!);
    stats[`${kind}s`] += count;
    this.rows += count;
    this.#transactionRows += count;
  }

  /** Notes where a transaction begins, and when its first statement did. */
  #follow(event: EventView): void {
    const size = event.eventSize - event.checksumSize;
    const before = this.#open;
    this.#tracker.next(event.buffer, event.offset, size);
    this.#open = this.#tracker.inTransaction;
    if (before) {
      // The GTID event, written at the commit, has the time of the statement that commits.
      if (this.#transactionEvents === 1) this.#startTime = event.timestamp;
      return;
    }
    if (!(this.#open || this.#tracker.ended)) return;
    this.#start = event.position;
    this.#startTime = event.timestamp;
    this.#transactionEvents = this.#transactionRows = 0;
    this.#hasGtid = false;
    this.#timing.time = 0;
    if (!isGtid(event.eventType) || size < GTID_SIZE_MIN || !event.whole) return;
    try {
      this.#gtids.take(event.buffer, event.offset, size);
      if (event.eventType !== EVENT_TYPE.GTID_EVENT) {
        this.#timing.read(event.buffer, event.offset, size);
      }
      this.#hasGtid = true;
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
  }

  #end(event: EventView): void {
    if (!this.#tracker.ended) return;
    const bytes = event.endPosition - this.#start;
    this.transactions++;
    this.transactionBytes += bytes;
    const seconds = this.#seconds(event);
    const large = this.#largest.wants(bytes);
    const long = this.#longest.wants(seconds ?? 0);
    this.#ended = undefined;
    if (!large && !long) return;
    const entry: TransactionStats = this.#ended = {
      file: event.file,
      start: this.#start,
      end: event.endPosition,
      bytes,
      events: this.#transactionEvents,
      rows: this.#transactionRows,
      gtid: this.#hasGtid ? this.#gtids.last ?? null : null,
      seconds,
    };
    if (large) this.#largest.add(entry);
    if (long) this.#longest.add(entry);
  }

  /** Whole ones, since headers have no more; from the first statement to the commit. */
  #seconds(last: EventView): number | null {
    const { time } = this.#timing;
    const committed = time > 0 ? Math.floor(time / MICROSECONDS) : last.timestamp;
    const seconds = committed - this.#startTime;
    return seconds < 0 || seconds > StatsTimeline.GAP_MAX ? null : seconds;
  }
}

function isGtid(type: number): boolean {
  return type === EVENT_TYPE.GTID_LOG_EVENT || type === EVENT_TYPE.GTID_TAGGED_LOG_EVENT ||
    type === EVENT_TYPE.ANONYMOUS_GTID_LOG_EVENT || type === EVENT_TYPE.GTID_EVENT;
}
