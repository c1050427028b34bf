import { FormatError } from "../errors.ts";
import { GtidSet } from "../gtid/gtid_set.ts";
import { MariadbGtidSet } from "../gtid/mariadb_gtid_set.ts";
import { formatMariadbGtid, MariadbPosition } from "../gtid/mariadb_position.ts";
import { formatUuid, uuidBytes } from "../gtid/uuid.ts";
import { EVENT_HEADER_SIZE, HEADER_OFFSET } from "./event_header.ts";
import { EVENT_TYPE } from "./event_type.ts";
import { decodeTaggedGtid } from "./gtid_event.ts";

const UUID_SIZE = 16;
const GNO_END = 2n ** 63n - 1n;
/** From this number on doubles do not tell a number from its neighbours. */
const RUN_END = Number.MAX_SAFE_INTEGER;
/** The tag of a tagged GTID; empty for none. */
const TAG = /^(?:[a-z_][a-z0-9_]{0,31})?$/;
const UUID_OFFSET = EVENT_HEADER_SIZE + 1;
const GNO_OFFSET = UUID_OFFSET + UUID_SIZE;
const DOMAIN_OFFSET = EVENT_HEADER_SIZE + 8;

function u32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>>
    0;
}

/** As near as a double comes. */
function u64(bytes: Uint8Array, at: number): number {
  return u32(bytes, at) + u32(bytes, at + 4) * 0x1_0000_0000;
}

function exactU64(bytes: Uint8Array, at: number): bigint {
  return BigInt(u32(bytes, at)) | (BigInt(u32(bytes, at + 4)) << 32n);
}

/**
 * Gathers the GTIDs of a file's transactions. One that follows the last one of the same source costs
 * a comparison and an addition; sets are touched only where a run ends, so call {@link flush}
 * before looking at them. Numbers from 2^53 on, which somebody set by hand, are runs of their own.
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
  /** The number taken last where it is one beyond runs, and whether the sets lack it yet. */
  #exact: bigint | undefined;
  #exactNew = false;
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
        const at = offset + GNO_OFFSET;
        const gno = u64(bytes, at);
        if (
          gno === this.#end && gno < RUN_END && this.#sameUuid(bytes, offset + UUID_OFFSET)
        ) {
          this.#end++;
          return;
        }
        this.flush();
        this.#uuid.set(bytes.subarray(offset + UUID_OFFSET, at));
        this.#tag = "";
        this.#begin("mysql", gno < RUN_END ? gno : exactU64(bytes, at));
        return;
      }
      case EVENT_TYPE.GTID_EVENT: {
        const at = offset + EVENT_HEADER_SIZE;
        const sequence = u64(bytes, at);
        const domain = u32(bytes, offset + DOMAIN_OFFSET);
        const server = u32(bytes, offset + HEADER_OFFSET.serverId);
        if (
          sequence === this.#end && sequence < RUN_END && domain === this.#domain &&
          server === this.#server && this.#kind === "mariadb"
        ) {
          this.#end++;
          return;
        }
        this.flush();
        this.#domain = domain;
        this.#server = server;
        this.#begin("mariadb", sequence < RUN_END ? sequence : exactU64(bytes, at));
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
        this.#begin("mysql", gtid.gno < RUN_END ? Number(gtid.gno) : gtid.gno);
        return;
      }
      default:
        this.flush();
        this.#kind = "none";
    }
  }

  /** Begins a run with a number, or takes one beyond runs as a bigint. */
  #begin(kind: "mysql" | "mariadb", first: number | bigint): void {
    const isExact = typeof first === "bigint";
    if (kind === "mysql" && (isExact ? first >= GNO_END : first < 1)) {
      throw new FormatError(`Cannot use transaction number ${first}`, {
        field: "gno",
        expected: `1 to ${GNO_END - 1n}`,
        found: String(first),
      });
    }
    this.#kind = kind;
    this.#exact = isExact ? first : undefined;
    this.#exactNew = isExact;
    // An empty run that no number continues.
    this.#first = isExact ? -1 : first;
    this.#end = isExact ? -1 : first + 1;
  }

  get #lastNumber(): bigint {
    return this.#exact ?? BigInt(this.#end - 1);
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
    const sequence = this.#lastNumber;
    if (this.#kind === "mariadb") {
      return formatMariadbGtid({ domain: this.#domain, serverId: this.#server, sequence });
    }
    return `${formatUuid(this.#uuid)}${this.#tag ? `:${this.#tag}` : ""}:${sequence}`;
  }

  /** Takes the GTID taken last back, before a flush: its transaction is not complete. */
  withdraw(): void {
    if (this.#kind === "none") return;
    if (this.#end > this.#first) this.#end--;
    this.#exactNew = false;
  }

  /** Whether the GTID taken last is in a set of either flavour. */
  lastIn(set: GtidSet | MariadbGtidSet): boolean {
    if (this.#kind === "none") return false;
    const start = this.#lastNumber;
    if (set instanceof GtidSet) {
      return this.#kind === "mysql" && set.has(formatUuid(this.#uuid), this.#tag, start);
    }
    return this.#kind === "mariadb" &&
      set.overlaps(this.#domain, this.#server, start, start + 1n);
  }

  /** Puts what was gathered into the sets. The run goes on after it. */
  flush(): void {
    if (this.#kind === "none" || (this.#first === this.#end && !this.#exactNew)) return;
    const start = this.#exact ?? BigInt(this.#first);
    const end = this.#lastNumber + 1n;
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
    this.#exactNew = false;
  }

  /** Text of all GTIDs so far; empty where there is none. */
  toString(): string {
    this.flush();
    return this.mysql.isEmpty ? this.mariadb.toString() : this.mysql.toString();
  }
}
