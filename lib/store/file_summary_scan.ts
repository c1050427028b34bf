import { EncryptedError } from "../binlog/encrypted_error.ts";
import { EVENT_FLAG, EVENT_HEADER_SIZE } from "../binlog/event_header.ts";
import { EventScanner, type SyncReader } from "../binlog/event_scanner.ts";
import type { LargeEventChecks } from "../binlog/event_scanner_options.ts";
import { EVENT_TYPE, eventTypeName } from "../binlog/event_type.ts";
import type { FormatDescriptionEvent } from "../binlog/format_description_event.ts";
import { GtidCollector } from "../binlog/gtid_collector.ts";
import { decodeGtidList } from "../binlog/gtid_event.ts";
import { GtidTiming } from "../binlog/gtid_timing.ts";
import { decodeRotateEvent } from "../binlog/rotate_event.ts";
import { damagedEventError } from "../binlog/scan_errors.ts";
import { TRANSACTION_EVENTS, TransactionTracker } from "../binlog/transaction_tracker.ts";
import { decodeGtidSet } from "../gtid/gtid_set_codec.ts";
import type { GtidSet } from "../gtid/gtid_set.ts";
import type { MariadbGtid } from "../gtid/mariadb_position.ts";
import type { FileClosing } from "./file_summary.ts";

/** A GTID set at the head of a file larger than this is taken for damage. */
const PREVIOUS_GTIDS_MAX = 64 * 1024 * 1024;
const MICROSECONDS = 1e6;

/** What an event type means for a scan. 0: the event is only counted; 1: part of the grammar. */
const PLAIN = 0;
const GTID = 2;
const SPECIAL = 3;
const ROLE = new Uint8Array(TRANSACTION_EVENTS);
const GTID_SIZE_MIN = new Uint8Array(256);
for (
  const [type, size] of [
    [EVENT_TYPE.GTID_LOG_EVENT, 25],
    [EVENT_TYPE.ANONYMOUS_GTID_LOG_EVENT, 25],
    [EVENT_TYPE.GTID_TAGGED_LOG_EVENT, 3],
    [EVENT_TYPE.GTID_EVENT, 13],
  ] as const
) {
  ROLE[type] = GTID;
  GTID_SIZE_MIN[type] = EVENT_HEADER_SIZE + size;
}
for (
  const type of [
    EVENT_TYPE.FORMAT_DESCRIPTION_EVENT,
    EVENT_TYPE.PREVIOUS_GTIDS_LOG_EVENT,
    EVENT_TYPE.GTID_LIST_EVENT,
    EVENT_TYPE.ROTATE_EVENT,
    EVENT_TYPE.STOP_EVENT,
    EVENT_TYPE.START_ENCRYPTION_EVENT,
  ]
) ROLE[type] = SPECIAL;

/** Settings of {@link FileScan}. */
export interface FileScanOptions {
  file: string;
  /** Compute the CRC of every event. */
  verifyChecksums?: boolean;
  /** See EventScannerOptions. */
  largeEventChecks?: LargeEventChecks | undefined;
  /** Where to begin, at the start of a transaction; needs `format`. */
  startPosition?: number;
  format?: FormatDescriptionEvent;
}

/**
 * Walks through a binlog file event by event and keeps account of what a summary says of it: events,
 * transactions and their bounds, times, GTIDs, how it ends. Nothing is allocated per event.
 *
 * @throws {EncryptedError} behind the event from which on the file is encrypted.
 * @throws {FormatError} for damage, with file and position.
 */
export class FileScan {
  readonly scanner: EventScanner;
  /** GTIDs of transactions; may be replaced by an empty one between two events. */
  gtids: GtidCollector = new GtidCollector();
  /** What the GTID event of the current transaction says. */
  readonly timing: GtidTiming = new GtidTiming();
  readonly #tracker = new TransactionTracker();
  events = 0;
  transactions = 0;
  /** Position of the first event of the transaction the scan is in, or that ended last. */
  transactionStart = -1;
  /** Where the transaction that ended last ends; -1 before the first one. */
  transactionEnd = -1;
  /** Commit time of the transaction that ended last, microseconds; see {@link GtidTiming}. */
  transactionTime = 0;
  /** Whether the last event ended a transaction. */
  ended = false;
  /** Whether a transaction has begun and not ended. */
  open = false;
  /** Whether the transaction has a GTID, or an anonymous GTID event. */
  hasGtid = false;
  /** Header timestamp of the first event, seconds. */
  created = 0;
  serverId = 0;
  closing: FileClosing = "open";
  nextFile: string | undefined;
  previousMysql: GtidSet | undefined;
  previousMariadb: MariadbGtid[] | undefined;

  constructor(reader: SyncReader, options: FileScanOptions) {
    this.scanner = new EventScanner(reader, options);
  }

  /** Takes the next event; false at the end of what is there, whole or torn. */
  step(): boolean {
    const { scanner } = this;
    if (!scanner.next()) return false;
    this.events++;
    this.ended = false;
    const role = ROLE[scanner.eventType]!;
    if (role === PLAIN) {
      if (!this.open) this.#beforeTransaction();
      return true;
    }
    if (role === SPECIAL) {
      this.#special();
      return true;
    }
    const { buffer, offset } = scanner;
    const size = scanner.eventSize - scanner.checksumSize;
    if (role === GTID) this.#gtid(buffer, offset, size);
    else if (!this.open && !this.#loose) this.#begin();
    this.#tracker.next(buffer, offset, size);
    this.open = this.#tracker.inTransaction;
    if (this.#tracker.ended) {
      this.ended = true;
      this.transactions++;
      this.transactionEnd = scanner.endPosition;
      this.transactionTime = this.timing.time || scanner.timestamp * MICROSECONDS;
      this.#loose = false;
    }
    return true;
  }

  /** A transaction without a GTID began with an event that alone does not begin one. */
  #loose = false;

  #begin(): void {
    this.transactionStart = this.scanner.position;
    this.hasGtid = false;
    this.timing.time = this.timing.length = 0;
  }

  /** INTVAR, RAND and USER_VAR stand before the statement they belong to, in files without GTIDs. */
  #beforeTransaction(): void {
    const type = this.scanner.eventType;
    const belongs = type === EVENT_TYPE.INTVAR_EVENT || type === EVENT_TYPE.RAND_EVENT ||
      type === EVENT_TYPE.USER_VAR_EVENT;
    if (!belongs || this.#loose) return;
    this.#begin();
    this.#loose = true;
  }

  #gtid(buffer: Uint8Array, offset: number, size: number): void {
    const { scanner } = this;
    const smallest = GTID_SIZE_MIN[scanner.eventType]!;
    if (size < smallest || !scanner.whole) {
      const what = `size ${size} of ${eventTypeName(scanner.eventType)}`;
      throw damagedEventError(scanner, what, `at least ${smallest}`, String(size));
    }
    this.#begin();
    this.gtids.take(buffer, offset, size);
    this.hasGtid = true;
    if (scanner.eventType !== EVENT_TYPE.GTID_EVENT) this.timing.read(buffer, offset, size);
  }

  #special(): void {
    const { scanner } = this;
    switch (scanner.eventType) {
      case EVENT_TYPE.FORMAT_DESCRIPTION_EVENT:
        if (this.events === 1) {
          this.created = scanner.timestamp;
          this.serverId = scanner.serverId;
        }
        break;
      case EVENT_TYPE.PREVIOUS_GTIDS_LOG_EVENT:
        this.previousMysql = decodeGtidSet(this.#body());
        break;
      case EVENT_TYPE.GTID_LIST_EVENT:
        this.previousMariadb = decodeGtidList(this.#body());
        break;
      case EVENT_TYPE.STOP_EVENT:
        this.closing = "stop";
        break;
      case EVENT_TYPE.START_ENCRYPTION_EVENT:
        // In a copy that was sent in plain text it may be left, to be ignored.
        if (scanner.flags & EVENT_FLAG.LOG_EVENT_IGNORABLE_F) break;
        throw new EncryptedError(scanner);
      case EVENT_TYPE.ROTATE_EVENT:
        // Relay logs hold rotate events of their source, some of them artificial.
        if (scanner.flags & EVENT_FLAG.LOG_EVENT_ARTIFICIAL_F || scanner.isRelayLog) break;
        this.closing = "rotate";
        this.nextFile = decodeRotateEvent(this.#body()).file;
    }
  }

  /** Body of the current event without checksum; gathered where it is larger than the window. */
  #body(): Uint8Array {
    const { scanner } = this;
    const size = scanner.eventSize - EVENT_HEADER_SIZE - scanner.checksumSize;
    if (scanner.whole) return scanner.head.slice(EVENT_HEADER_SIZE, EVENT_HEADER_SIZE + size);
    if (size > PREVIOUS_GTIDS_MAX) {
      const what = `size of ${eventTypeName(scanner.eventType)}`;
      throw damagedEventError(scanner, what, "at most 64 MiB", String(scanner.eventSize));
    }
    const event = new Uint8Array(scanner.eventSize);
    let done = 0;
    for (let part: Uint8Array | undefined = scanner.head; part; part = scanner.nextPart()) {
      event.set(part, done);
      done += part.length;
    }
    return event.subarray(EVENT_HEADER_SIZE, EVENT_HEADER_SIZE + size);
  }
}
