import { EVENT_FLAG } from "../binlog/event_header.ts";
import { EVENT_TYPE, eventTypeName } from "../binlog/event_type.ts";
import type { FileScan } from "../store/file_summary_scan.ts";
import { type Finding, finding } from "./verify_finding.ts";

/** What the order of events says of a type; 0: it may stand anywhere after the head of a file. */
const ANYWHERE = 0;
/** Rows and their table maps: only inside a transaction. */
const INSIDE = 1;
/** A GTID: only between transactions. */
const BETWEEN = 2;
/** What has rules of its own. */
const SPECIAL = 3;
const PLACE = new Uint8Array(256);
for (let type = 0; type < 256; type++) {
  if (eventTypeName(type) === `UNKNOWN_EVENT_${type}`) PLACE[type] = SPECIAL;
}
for (
  const type of [
    EVENT_TYPE.TABLE_MAP_EVENT,
    EVENT_TYPE.PRE_GA_WRITE_ROWS_EVENT,
    EVENT_TYPE.PRE_GA_UPDATE_ROWS_EVENT,
    EVENT_TYPE.PRE_GA_DELETE_ROWS_EVENT,
    EVENT_TYPE.WRITE_ROWS_EVENT_V1,
    EVENT_TYPE.UPDATE_ROWS_EVENT_V1,
    EVENT_TYPE.DELETE_ROWS_EVENT_V1,
    EVENT_TYPE.WRITE_ROWS_EVENT,
    EVENT_TYPE.UPDATE_ROWS_EVENT,
    EVENT_TYPE.DELETE_ROWS_EVENT,
    EVENT_TYPE.PARTIAL_UPDATE_ROWS_EVENT,
    EVENT_TYPE.WRITE_ROWS_COMPRESSED_EVENT_V1,
    EVENT_TYPE.UPDATE_ROWS_COMPRESSED_EVENT_V1,
    EVENT_TYPE.DELETE_ROWS_COMPRESSED_EVENT_V1,
    EVENT_TYPE.WRITE_ROWS_COMPRESSED_EVENT,
    EVENT_TYPE.UPDATE_ROWS_COMPRESSED_EVENT,
    EVENT_TYPE.DELETE_ROWS_COMPRESSED_EVENT,
    EVENT_TYPE.XID_EVENT,
    EVENT_TYPE.TRANSACTION_PAYLOAD_EVENT,
  ]
) PLACE[type] = INSIDE;
for (
  const type of [
    EVENT_TYPE.GTID_LOG_EVENT,
    EVENT_TYPE.ANONYMOUS_GTID_LOG_EVENT,
    EVENT_TYPE.GTID_TAGGED_LOG_EVENT,
    EVENT_TYPE.GTID_EVENT,
  ]
) PLACE[type] = BETWEEN;
for (
  const type of [
    EVENT_TYPE.FORMAT_DESCRIPTION_EVENT,
    EVENT_TYPE.PREVIOUS_GTIDS_LOG_EVENT,
    EVENT_TYPE.GTID_LIST_EVENT,
    EVENT_TYPE.ROTATE_EVENT,
    EVENT_TYPE.STOP_EVENT,
    EVENT_TYPE.HEARTBEAT_LOG_EVENT,
    EVENT_TYPE.HEARTBEAT_LOG_EVENT_V2,
    EVENT_TYPE.INCIDENT_EVENT,
  ]
) PLACE[type] = SPECIAL;

/**
 * Checks that events come in the order in which servers write them: one format description at the
 * head, GTIDs between transactions, rows within, nothing behind the event that closes the file.
 */
export class OrderCheck {
  readonly #scan: FileScan;
  readonly #add: (finding: Finding) => void;
  #closed = false;
  #wasOpen = false;
  #previousSeen = false;
  #openedAt = 0;
  #unknown = 0;

  constructor(scan: FileScan, add: (finding: Finding) => void) {
    this.#scan = scan;
    this.#add = add;
  }

  /** Looks at the event that the scan has just taken. */
  check(): void {
    const scan = this.#scan;
    const { scanner } = scan;
    const wasOpen = this.#wasOpen;
    this.#wasOpen = scan.open;
    const place = PLACE[scanner.eventType]!;
    if (place === ANYWHERE && !this.#closed) return;
    if (scanner.isRelayLog) return; // a mixture of two logs: rules of one do not hold
    if (this.#closed) {
      this.#fault("order", `${this.#name} behind the event that closes the file`);
      return;
    }
    if (place === INSIDE) {
      if (!wasOpen) this.#fault("order", `${this.#name} outside a transaction`);
    } else if (place === BETWEEN) {
      if (wasOpen) {
        this.#fault("transaction", `${this.#name} inside the transaction at ${this.#openedAt}`);
      }
      this.#openedAt = scanner.position;
    } else this.#special(wasOpen);
    if (scan.ended && scan.timing.length > 0) this.#checkLength();
  }

  get #name(): string {
    return eventTypeName(this.#scan.scanner.eventType);
  }

  #fault(code: "order" | "transaction", what: string): void {
    const { file, position } = this.#scan.scanner;
    this.#add(finding(code, what, { file, position }));
  }

  #special(wasOpen: boolean): void {
    const { scanner } = this.#scan;
    const { file, position } = scanner;
    switch (scanner.eventType) {
      case EVENT_TYPE.FORMAT_DESCRIPTION_EVENT:
        if (this.#scan.events > 1) this.#fault("order", "a second format description");
        return;
      case EVENT_TYPE.PREVIOUS_GTIDS_LOG_EVENT:
      case EVENT_TYPE.GTID_LIST_EVENT:
        if (this.#previousSeen || this.#scan.transactions > 0 || wasOpen) {
          this.#fault("order", `${this.#name} not at the head of the file`);
        }
        this.#previousSeen = true;
        return;
      case EVENT_TYPE.HEARTBEAT_LOG_EVENT:
      case EVENT_TYPE.HEARTBEAT_LOG_EVENT_V2:
        this.#fault("order", `${this.#name}, which belongs to a connection, in a file`);
        return;
      case EVENT_TYPE.ROTATE_EVENT:
      case EVENT_TYPE.STOP_EVENT:
        if (scanner.flags & EVENT_FLAG.LOG_EVENT_ARTIFICIAL_F) {
          this.#fault("order", `an artificial ${this.#name}, which belongs to a connection`);
          return;
        }
        if (wasOpen) {
          this.#fault("transaction", `${this.#name} inside the transaction at ${this.#openedAt}`);
        }
        this.#closed = true;
        return;
      case EVENT_TYPE.INCIDENT_EVENT:
        this.#add(finding("incident", "the source lost events here, it says", { file, position }));
        return;
      default:
        // One line is enough for a server that is newer than this program.
        if (this.#unknown++ === 0 && !(scanner.flags & EVENT_FLAG.LOG_EVENT_IGNORABLE_F)) {
          const message = `event of unknown type ${scanner.eventType}`;
          this.#add(finding("unknown-event", message, { file, position }));
        }
    }
  }

  #checkLength(): void {
    const scan = this.#scan;
    const size = scan.transactionEnd - scan.transactionStart;
    if (size === scan.timing.length) return;
    this.#add(finding("transaction-length", "the GTID event gives another transaction length", {
      file: scan.scanner.file,
      position: scan.transactionStart,
      expected: String(scan.timing.length),
      found: String(size),
    }));
  }
}
