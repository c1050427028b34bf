import { EVENT_HEADER_SIZE, HEADER_OFFSET } from "../binlog/event_header.ts";
import { EVENT_TYPE } from "../binlog/event_type.ts";
import { decodeTaggedGtid } from "../binlog/gtid_event.ts";
import type { GtidSet } from "../gtid/gtid_set.ts";
import { formatUuid } from "../gtid/uuid.ts";
import { SqlError } from "./sql_error.ts";
import type { TransactionFilter } from "./transaction_filter.ts";

const UUID_SIZE = 16;
const UUID_OFFSET = EVENT_HEADER_SIZE + 1;
const GNO_OFFSET = UUID_OFFSET + UUID_SIZE;

/**
 * Leaves out the transactions of a MySQL replica's own set. A transaction of the source that the
 * last one came from, beyond all that the replica has of it, costs a comparison.
 */
export class MysqlFilter implements TransactionFilter {
  readonly endsWithGroup = false;
  readonly notice = false;
  readonly #set: GtidSet;
  readonly #tagged: boolean;
  readonly #uuid = new Uint8Array(UUID_SIZE);
  #uuidText = "";
  /** First number of that source that is beyond its last range in the set. */
  #beyond = 0;

  constructor(set: GtidSet) {
    this.#set = set;
    this.#tagged = set.isTagged;
  }

  skips(buffer: Uint8Array, offset: number, size: number): boolean {
    const type = buffer[offset + HEADER_OFFSET.eventType];
    if (type === EVENT_TYPE.ANONYMOUS_GTID_LOG_EVENT) {
      throw new SqlError(
        "MASTER_FATAL_ERROR_READING_BINLOG",
        "Cannot replicate anonymous transaction when AUTO_POSITION = 1",
      );
    }
    if (type === EVENT_TYPE.GTID_TAGGED_LOG_EVENT) {
      const end = offset + Math.min(size, 512);
      const gtid = decodeTaggedGtid(buffer.subarray(offset + EVENT_HEADER_SIZE, end));
      if (gtid.tag !== "" && !this.#tagged) return false;
      return this.#set.has(gtid.uuid, gtid.tag, gtid.gno);
    }
    if (type !== EVENT_TYPE.GTID_LOG_EVENT || size < GNO_OFFSET + 8) return false;
    if (!this.#sameUuid(buffer, offset + UUID_OFFSET)) this.#take(buffer, offset + UUID_OFFSET);
    const at = offset + GNO_OFFSET;
    const low = buffer[at]! | (buffer[at + 1]! << 8) | (buffer[at + 2]! << 16) |
      (buffer[at + 3]! << 24);
    const high = buffer[at + 4]! | (buffer[at + 5]! << 8) | (buffer[at + 6]! << 16) |
      (buffer[at + 7]! << 24);
    const gno = (low >>> 0) + (high >>> 0) * 0x1_0000_0000;
    if (gno > Number.MAX_SAFE_INTEGER) {
      const exact = BigInt(high >>> 0) << 32n | BigInt(low >>> 0);
      return this.#set.has(this.#uuidText, "", exact);
    }
    return gno < this.#beyond && this.#set.has(this.#uuidText, "", BigInt(gno));
  }

  #sameUuid(buffer: Uint8Array, at: number): boolean {
    if (this.#uuidText === "") return false;
    for (let i = 0; i < UUID_SIZE; i++) if (buffer[at + i] !== this.#uuid[i]) return false;
    return true;
  }

  #take(buffer: Uint8Array, at: number): void {
    this.#uuid.set(buffer.subarray(at, at + UUID_SIZE));
    this.#uuidText = formatUuid(this.#uuid);
    this.#beyond = 0;
    for (const { uuid, tag, ranges } of this.#set.entries()) {
      if (uuid !== this.#uuidText || tag !== "") continue;
      this.#beyond = Number(ranges.ranges[ranges.ranges.length - 1]?.end ?? 0n);
    }
  }

  takeNotice(): { events: Uint8Array[]; finished: boolean } {
    return { events: [], finished: false };
  }
}
