import { EVENT_HEADER_SIZE } from "../binlog/event_header.ts";
import { EVENT_TYPE } from "../binlog/event_type.ts";
import { HEADER_OFFSET } from "../binlog/event_header.ts";
import { decodeMariadbGtid } from "../binlog/gtid_event.ts";
import {
  formatMariadbGtid,
  type MariadbGtid,
  type MariadbPosition,
} from "../gtid/mariadb_position.ts";
import {
  type ArtificialContext,
  artificialGtidList,
  GTID_LIST_UNTIL_REACHED,
} from "./artificial_events.ts";
import { SqlError } from "./sql_error.ts";
import type { TransactionFilter } from "./transaction_filter.ts";

const GTID_SIZE_MIN = EVENT_HEADER_SIZE + 13;

/** Settings of {@link MariadbFilter}. */
export interface MariadbFilterOptions {
  /** What the replica has: the last transaction of each domain. */
  wanted: MariadbPosition;
  /** GTID list at the beginning of the first file. */
  state: readonly MariadbGtid[];
  /** Where to end; undefined: nowhere. */
  until: MariadbPosition | undefined;
  /** A transaction of the replica's that is missing here is an error. */
  strict: boolean;
  /** Whether the files hold a transaction. */
  has: (gtid: MariadbGtid) => boolean;
  /** Domains that the replica knows and the files did not, when it connected. */
  emptyDomains?: ReadonlySet<number>;
}

/**
 * Leaves out what a MariaDB replica has: in each domain everything up to its last transaction there
 * (sql_repl.cc send_event_to_slave). When a domain's start is passed, an artificial GTID list tells
 * the replica where it is; when all domains have come to `until`, one with the bit for that ends the
 * stream.
 */
export class MariadbFilter implements TransactionFilter {
  readonly endsWithGroup = true;
  readonly #skipUpTo = new Map<number, MariadbGtid>();
  readonly #until: Map<number, MariadbGtid> | undefined;
  readonly #strict: boolean;
  readonly #has: (gtid: MariadbGtid) => boolean;
  readonly #emptyDomains: Set<number>;
  /** The last transaction by domain and server, as far as the stream has come. */
  readonly #state = new Map<string, MariadbGtid>();
  #passed = false;
  #untilReached = false;

  constructor(options: MariadbFilterOptions) {
    this.#strict = options.strict;
    this.#has = options.has;
    this.#emptyDomains = new Set(options.emptyDomains);
    for (const gtid of options.state) this.#put(gtid);
    for (const gtid of options.wanted) {
      const known = this.#state.get(`${gtid.domain}-${gtid.serverId}`);
      // The file begins right there: nothing is left to be passed over.
      if (known?.sequence !== gtid.sequence) this.#skipUpTo.set(gtid.domain, gtid);
    }
    if (options.until) {
      this.#until = new Map([...options.until].map((gtid) => [gtid.domain, gtid]));
      for (const gtid of options.state) this.#reach(gtid);
    }
  }

  get notice(): boolean {
    return this.#passed || this.#untilReached;
  }

  #put(gtid: MariadbGtid): void {
    const key = `${gtid.domain}-${gtid.serverId}`;
    this.#state.delete(key);
    this.#state.set(key, gtid);
  }

  /** Whether the filter has anything left to do. */
  get idle(): boolean {
    return this.#skipUpTo.size === 0 && !this.#until && !this.notice;
  }

  skips(buffer: Uint8Array, offset: number, size: number): boolean {
    if (buffer[offset + HEADER_OFFSET.eventType] !== EVENT_TYPE.GTID_EVENT) return false;
    if (size < GTID_SIZE_MIN || this.idle) return false;
    const gtid = decodeMariadbGtid(buffer.subarray(offset, offset + size));
    this.#put(gtid);
    const skip = this.#skipsGtid(gtid);
    if (!skip && this.#beyondUntil(gtid)) return true;
    this.#reach(gtid);
    return skip;
  }

  #skipsGtid(gtid: MariadbGtid): boolean {
    const last = this.#skipUpTo.get(gtid.domain);
    if (!last) return false;
    // Of a domain that was unknown here nothing could be said then; now it can.
    if (this.#emptyDomains.delete(gtid.domain) && !this.#has(last)) {
      throw new SqlError(
        "MASTER_FATAL_ERROR_READING_BINLOG",
        `Error: connecting slave requested to start from GTID ${formatMariadbGtid(last)}, which ` +
          "is not in the master's binlog",
      );
    }
    if (gtid.serverId !== last.serverId || gtid.sequence < last.sequence) return true;
    this.#skipUpTo.delete(gtid.domain);
    this.#passed = true;
    if (gtid.sequence === last.sequence) return true;
    if (!this.#strict) return false;
    throw new SqlError(
      "MASTER_FATAL_ERROR_READING_BINLOG",
      `The binlog on the master is missing the GTID ${formatMariadbGtid(last)} requested by the ` +
        "slave (even though both a prior and a subsequent sequence number does exist), and GTID " +
        "strict mode is enabled",
    );
  }

  /** A transaction behind the end that the replica asked for. */
  #beyondUntil(gtid: MariadbGtid): boolean {
    const until = this.#until;
    if (!until) return false;
    const end = until.get(gtid.domain);
    if (end === undefined) return true;
    if (gtid.serverId === end.serverId && gtid.sequence > end.sequence) {
      this.#remove(gtid.domain);
      return true;
    }
    return false;
  }

  #reach(gtid: MariadbGtid): void {
    const end = this.#until?.get(gtid.domain);
    if (end && end.serverId === gtid.serverId && gtid.sequence >= end.sequence) {
      this.#remove(gtid.domain);
    }
  }

  #remove(domain: number): void {
    this.#until!.delete(domain);
    if (this.#until!.size === 0) this.#untilReached = true;
  }

  takeNotice(
    position: number,
    context: ArtificialContext,
  ): { events: Uint8Array[]; finished: boolean } {
    const bits = this.#untilReached ? GTID_LIST_UNTIL_REACHED : 0;
    const list = [...this.#state.values()].sort((a, b) => a.domain - b.domain);
    this.#passed = false;
    return {
      events: [artificialGtidList(context, list, position, bits)],
      finished: this.#untilReached,
    };
  }
}
