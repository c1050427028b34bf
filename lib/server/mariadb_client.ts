import { crc32 } from "../bytes/crc32.ts";
import { CHECKSUM_SIZE, EVENT_HEADER_SIZE, HEADER_OFFSET } from "../binlog/event_header.ts";
import { EVENT_TYPE } from "../binlog/event_type.ts";
import { MARIADB_GTID_FLAG } from "../binlog/mariadb_gtid_details.ts";
import { DummyEvent, retype } from "./dummy_event.ts";
import { SqlError } from "./sql_error.ts";

/** What a client announces in `@mariadb_slave_capability` (sql/slave.h); each includes the ones before. */
export const MARIADB_CAPABILITY = {
  /** ANNOTATE_ROWS_EVENT is known. */
  ANNOTATE: 1,
  /** Events may be left out. */
  TOLERATE_HOLES: 2,
  /** BINLOG_CHECKPOINT_EVENT is known. */
  BINLOG_CHECKPOINT: 3,
  /** GTID_EVENT and GTID_LIST_EVENT are known. */
  GTID: 4,
} as const;

/** What becomes of an event for a client. */
export const TREATMENT = {
  AS_IT_IS: 0,
  LEFT_OUT: 1,
  /** {@link DummyEvent} */
  DUMMY: 2,
  /** A statement BEGIN. */
  BEGIN: 3,
} as const;
const { AS_IT_IS, LEFT_OUT, DUMMY, BEGIN } = TREATMENT;

/** Offset of flags2 in a GTID_EVENT: behind u64 sequence number and u32 domain. */
const FLAGS2_OFFSET = EVENT_HEADER_SIZE + 12;
/** Body of a QUERY_EVENT with the statement BEGIN and nothing else. */
const BEGIN_BODY = 19;
/** Offset of the length of the status variables in a QUERY_EVENT's body, and of what follows. */
const VARIABLES_LENGTH = 11;
const VARIABLES = 13;
const Q_TIME_ZONE_CODE = 5;
const UNKNOWN_CODE = 0xff;
const VARIABLES_MAX = 255;
/** The smallest event that another one can be put in the place of, without a checksum. */
const DUMMY_MIN = EVENT_HEADER_SIZE + 6;

function refused(message: string): SqlError {
  return new SqlError("MASTER_FATAL_ERROR_READING_BINLOG", message);
}

/**
 * What a client of a MariaDB source can be sent (sql_repl.cc send_event_to_slave). One that does not
 * know an event gets the stream without it, or, where it would lose count of positions, another event
 * of the same size; transactions then begin with BEGIN instead of a GTID_EVENT.
 */
export class MariadbClient {
  readonly #capability: number;
  readonly #annotations: boolean;
  /** Whether the events of the file that is sent end with a CRC32. */
  checksum = false;

  /** `annotations`: it asked for ANNOTATE_ROWS_EVENTs. */
  constructor(capability: number, annotations: boolean) {
    this.#capability = capability;
    this.#annotations = annotations;
  }

  /** One of {@link TREATMENT} for the event at `at`. */
  treatment(buffer: Uint8Array, at: number): number {
    const has = this.#capability;
    switch (buffer[at + HEADER_OFFSET.eventType]) {
      case EVENT_TYPE.ANNOTATE_ROWS_EVENT:
        if (this.#annotations) return AS_IT_IS;
        if (has === MARIADB_CAPABILITY.ANNOTATE) return AS_IT_IS;
        return this.#hole();
      case EVENT_TYPE.BINLOG_CHECKPOINT_EVENT:
        return has >= MARIADB_CAPABILITY.BINLOG_CHECKPOINT ? AS_IT_IS : this.#hole();
      case EVENT_TYPE.GTID_LIST_EVENT:
        return has >= MARIADB_CAPABILITY.GTID ? AS_IT_IS : this.#hole();
      case EVENT_TYPE.GTID_EVENT: {
        if (has >= MARIADB_CAPABILITY.GTID) return AS_IT_IS;
        return buffer[at + FLAGS2_OFFSET]! & MARIADB_GTID_FLAG.FL_STANDALONE ? this.#hole() : BEGIN;
      }
      default:
        return AS_IT_IS;
    }
  }

  #hole(): number {
    return this.#capability >= MARIADB_CAPABILITY.TOLERATE_HOLES ? LEFT_OUT : DUMMY;
  }

  /**
   * Puts another event into the place of the whole one at `at`.
   * @throws {SqlError} 1236 where BEGIN does not fit, with the source's words.
   */
  replace(buffer: Uint8Array, at: number, size: number, treatment: number): void {
    if (treatment === DUMMY) this.dummy(size).fill(buffer, at, size);
    else if (treatment === BEGIN) this.#begin(buffer, at, size);
  }

  /**
   * What replaces an event of `size` bytes, whole or in pieces.
   * @throws {SqlError} 1236 for an event too small to be one, with the source's words.
   */
  dummy(size: number): DummyEvent {
    if (size - (this.checksum ? CHECKSUM_SIZE : 0) < DUMMY_MIN) {
      throw refused(
        "Failed to replace binlog checkpoint or gtid list event with dummy: too small event.",
      );
    }
    return new DummyEvent(size, this.checksum);
  }

  /**
   * log_event_server.cc begin_event: where there is more room, status variables fill it, two bytes
   * with an empty time zone, others (commit id and thread id; 11.8) with a code that nobody knows.
   */
  #begin(buffer: Uint8Array, at: number, size: number): void {
    const end = at + size - (this.checksum ? CHECKSUM_SIZE : 0);
    const body = at + EVENT_HEADER_SIZE;
    const more = end - body - BEGIN_BODY;
    if (more < 0 || more > VARIABLES_MAX) {
      throw refused("Failed to replace GTID event with backwards-compatible event: corrupt event.");
    }
    retype(buffer, at, EVENT_TYPE.QUERY_EVENT);
    buffer.fill(0, body, end);
    buffer[body + VARIABLES_LENGTH] = more;
    if (more === 2) buffer[body + VARIABLES] = Q_TIME_ZONE_CODE;
    else buffer.fill(UNKNOWN_CODE, body + VARIABLES, body + VARIABLES + more);
    buffer.set(new TextEncoder().encode("BEGIN"), end - 5);
    if (!this.checksum) return;
    const crc = crc32(buffer.subarray(at, end));
    new DataView(buffer.buffer, buffer.byteOffset).setUint32(end, crc, true);
  }
}
