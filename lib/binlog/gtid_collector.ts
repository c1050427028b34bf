import { FormatError } from "../errors.ts";
import { GtidSet } from "../gtid/gtid_set.ts";
import { MariadbGtidSet } from "../gtid/mariadb_gtid_set.ts";
import { formatMariadbGtid, MariadbPosition } from "../gtid/mariadb_position.ts";
import { formatUuid, uuidBytes } from "../gtid/uuid.ts";
import { EVENT_HEADER_SIZE, HEADER_OFFSET } from "./event_header.ts";
import { EVENT_TYPE } from "./event_type.ts";
import { decodeTaggedGtid } from "./gtid_event.ts";

const UUID_SIZE = 16;
const GNO_END = 2 ** 63 - 1;
/** The tag of a tagged GTID; empty for none. */
const TAG = /^(?:[a-z_][a-z0-9_]{0,31})?$/;
const UUID_OFFSET = EVENT_HEADER_SIZE + 1;
const GNO_OFFSET = UUID_OFFSET + UUID_SIZE;
const DOMAIN_OFFSET = EVENT_HEADER_SIZE + 8;

function u32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>>
    0;
}

/**
 * Gathers the GTIDs of a file's transactions. One that follows the last one of the same source costs
 * a comparison and an addition; sets are touched only where a run ends, so call {@link flush}
 * before looking at them. Numbers beyond 2^53 are not told apart exactly.
 */
export class GtidCollector {
  readonly mysql: GtidSet = new GtidSet();
  readonly mariadb: MariadbGtidSet = new MariadbGtidSet();
  /** Last transaction of each domain in file order. */
  readonly position: MariadbPosition = new MariadbPosition();
  /** A transaction that was there already, as text; the last one found. */
  repeated: string | undefined;
  readonly #uuid = new Uint8Array(UUID_SIZE);
  #tag = "";
  #domain = 0;
  #server = 0;
  /** The run being gathered: [first, end); empty at the beginning and after a flush. */
  #first = 0;
  #end = 0;
  #kind: "none" | "mysql" | "mariadb" = "none";

  /**
   * Takes a GTID event of either flavour, of `size` bytes without checksum, at `offset`; an
   * anonymous one counts as none.
   *
   * @throws {FormatError} for what no server writes: damage in a file without checksums.
   */
  take(bytes: Uint8Array, offset: number, size: number): void {
    switch (bytes[offset + HEADER_OFFSET.eventType]) {
      case EVENT_TYPE.GTID_LOG_EVENT: {
        const gno = u32(bytes, offset + GNO_OFFSET) +
          u32(bytes, offset + GNO_OFFSET + 4) * 0x1_0000_0000;
        if (gno === this.#end && this.#sameUuid(bytes, offset + UUID_OFFSET)) {
          this.#end++;
          return;
        }
        this.flush();
        this.#uuid.set(bytes.subarray(offset + UUID_OFFSET, offset + GNO_OFFSET));
        this.#tag = "";
        this.#begin("mysql", gno);
        return;
      }
      case EVENT_TYPE.GTID_EVENT: {
        const at = offset + EVENT_HEADER_SIZE;
        const sequence = u32(bytes, at) + u32(bytes, at + 4) * 0x1_0000_0000;
        const domain = u32(bytes, offset + DOMAIN_OFFSET);
        const server = u32(bytes, offset + HEADER_OFFSET.serverId);
        if (
          sequence === this.#end && domain === this.#domain && server === this.#server &&
          this.#kind === "mariadb"
        ) {
          this.#end++;
          return;
        }
        this.flush();
        this.#domain = domain;
        this.#server = server;
        this.#begin("mariadb", sequence);
        return;
      }
      case EVENT_TYPE.GTID_TAGGED_LOG_EVENT: {
        const gtid = decodeTaggedGtid(bytes.subarray(offset + EVENT_HEADER_SIZE, offset + size));
        if (!TAG.test(gtid.tag)) {
          throw new FormatError(`Cannot use tag ${JSON.stringify(gtid.tag)}`);
        }
        this.flush();
        this.#uuid.set(uuidBytes(gtid.uuid));
        this.#tag = gtid.tag;
        this.#begin("mysql", Number(gtid.gno));
        return;
      }
      default:
        this.flush();
        this.#kind = "none";
    }
  }

  #begin(kind: "mysql" | "mariadb", first: number): void {
    if (kind === "mysql" && !(first >= 1 && first < GNO_END)) {
      throw new FormatError(`Cannot use transaction number ${first}`, {
        field: "gno",
        expected: "1 or more",
        found: String(first),
      });
    }
    this.#kind = kind;
    this.#first = first;
    this.#end = first + 1;
  }

  #sameUuid(bytes: Uint8Array, at: number): boolean {
    if (this.#kind !== "mysql" || this.#tag !== "") return false;
    for (let i = 0; i < UUID_SIZE; i++) {
      if (bytes[at + i] !== this.#uuid[i]) return false;
    }
    return true;
  }

  /** The GTID taken last, as text; undefined after an anonymous one. */
  get last(): string | undefined {
    if (this.#kind === "none") return undefined;
    const number = this.#end - 1;
    if (this.#kind === "mariadb") {
      const sequence = BigInt(number);
      return formatMariadbGtid({ domain: this.#domain, serverId: this.#server, sequence });
    }
    return `${formatUuid(this.#uuid)}${this.#tag ? `:${this.#tag}` : ""}:${number}`;
  }

  /** Takes the GTID taken last back, before a flush: its transaction is not complete. */
  withdraw(): void {
    if (this.#kind !== "none" && this.#end > this.#first) this.#end--;
  }

  /** Whether the GTID taken last is in a set of either flavour. */
  lastIn(set: GtidSet | MariadbGtidSet): boolean {
    if (this.#kind === "none") return false;
    const start = BigInt(this.#end - 1);
    if (set instanceof GtidSet) {
      return this.#kind === "mysql" && set.has(formatUuid(this.#uuid), this.#tag, start);
    }
    return this.#kind === "mariadb" &&
      set.overlaps(this.#domain, this.#server, start, start + 1n);
  }

  /** Puts what was gathered into the sets. The run goes on after it. */
  flush(): void {
    if (this.#first === this.#end || this.#kind === "none") return;
    const start = BigInt(this.#first);
    const end = BigInt(this.#end);
    if (this.#kind === "mysql") {
      const uuid = formatUuid(this.#uuid);
      if (this.mysql.overlaps(uuid, this.#tag, start, end)) this.repeated = this.last;
      this.mysql.addInterval(uuid, this.#tag, start, end);
    } else {
      if (this.mariadb.overlaps(this.#domain, this.#server, start, end)) this.repeated = this.last;
      this.mariadb.addInterval(this.#domain, this.#server, start, end);
      this.position.add({ domain: this.#domain, serverId: this.#server, sequence: end - 1n });
    }
    this.#first = this.#end;
  }

  /** Text of all GTIDs so far; empty where there is none. */
  toString(): string {
    this.flush();
    return this.mysql.isEmpty ? this.mariadb.toString() : this.mysql.toString();
  }
}
