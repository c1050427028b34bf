import * as zlib from "node:zlib";
import { EVENT_HEADER_SIZE, HEADER_OFFSET } from "../binlog/event_header.ts";
import type { EventScanner } from "../binlog/event_scanner.ts";
import { EVENT_TYPE } from "../binlog/event_type.ts";
import { FormatError } from "../errors.ts";
import type { FileScan } from "../store/file_summary_scan.ts";
import { type FoundTransaction, transactionOf } from "./find_scan.ts";
import { visitPayload } from "./find_table_payload.ts";
import { statementNames, type TableName } from "./find_table_sql.ts";

const UTF8 = new TextEncoder();
const TEXT = new TextDecoder();
/** As much of a statement is looked at. */
const STATEMENT_MAX = 1024 * 1024;
const INFLATED_MAX = 16 * 1024 * 1024;
/** TABLE_MAP body: u48 table id, u16 flags, then u8 size, database, NUL, u8 size, table, NUL. */
const TABLE_MAP_NAMES = EVENT_HEADER_SIZE + 8;
/** QUERY body: u32 thread, u32 time, u8 size of database, u16 error, u16 size of status variables. */
const QUERY_POST_HEADER = 13;
/** A compressed statement of MariaDB: u8 0x80 | algorithm << 4 | bytes of size, size, zlib stream. */
const COMPRESSED_MARK = 0x80;

/** Finds the transactions that touch a table, while a {@link FileScan} goes through a file. */
export class TableMatcher {
  readonly #wanted: TableName;
  readonly #database: Uint8Array;
  readonly #table: Uint8Array;
  /** A table map or statement of the current transaction matches. */
  #matches = false;

  constructor(wanted: TableName) {
    this.#wanted = wanted;
    this.#database = UTF8.encode(wanted.database);
    this.#table = UTF8.encode(wanted.table);
  }

  /** Looks at the event that the scan has taken; the transaction, when one that matches ended. */
  take(scan: FileScan): FoundTransaction | undefined {
    const { scanner } = scan;
    if (!this.#matches) this.#matches = this.#look(scanner);
    if (!scan.ended) return undefined;
    const found = this.#matches ? transactionOf(scan) : undefined;
    this.#matches = false;
    return found;
  }

  #look(scanner: EventScanner): boolean {
    switch (scanner.eventType) {
      case EVENT_TYPE.TABLE_MAP_EVENT:
        return this.#tableMap(scanner.buffer, scanner.offset);
      case EVENT_TYPE.QUERY_EVENT:
      case EVENT_TYPE.QUERY_COMPRESSED_EVENT:
      case EVENT_TYPE.EXECUTE_LOAD_QUERY_EVENT: {
        const size = Math.min(scanner.headSize, scanner.eventSize - scanner.checksumSize);
        return this.#query(scanner.head.subarray(0, size));
      }
      case EVENT_TYPE.TRANSACTION_PAYLOAD_EVENT: {
        let matches = false;
        visitPayload(scanner, (event) => {
          if (matches) return;
          const type = event[HEADER_OFFSET.eventType];
          if (type === EVENT_TYPE.TABLE_MAP_EVENT) matches = this.#tableMap(event, 0);
          else if (type === EVENT_TYPE.QUERY_EVENT) matches = this.#query(event);
        });
        return matches;
      }
      default:
        return false;
    }
  }

  #tableMap(bytes: Uint8Array, offset: number): boolean {
    const database = this.#database;
    const table = this.#table;
    let at = offset + TABLE_MAP_NAMES;
    if (bytes[at] !== database.length) return false;
    if (!holds(bytes, ++at, database)) return false;
    at += database.length + 1;
    return bytes[at] === table.length && holds(bytes, at + 1, table);
  }

  #query(event: Uint8Array): boolean {
    const body = event.subarray(EVENT_HEADER_SIZE);
    if (body.length < QUERY_POST_HEADER) return false;
    const databaseSize = body[8]!;
    // EXECUTE_LOAD_QUERY has 13 bytes more behind the post header of a query.
    const more = event[HEADER_OFFSET.eventType] === EVENT_TYPE.EXECUTE_LOAD_QUERY_EVENT ? 13 : 0;
    const names = QUERY_POST_HEADER + more + (body[11]! | (body[12]! << 8));
    const database = TEXT.decode(body.subarray(names, names + databaseSize));
    let text = body.subarray(names + databaseSize + 1);
    if (event[HEADER_OFFSET.eventType] === EVENT_TYPE.QUERY_COMPRESSED_EVENT) {
      const inflated = inflate(text);
      if (!inflated) return true; // too large to look at: better one answer too many
      text = inflated;
    }
    return statementNames(TEXT.decode(text.subarray(0, STATEMENT_MAX)), database, this.#wanted);
  }
}

function holds(bytes: Uint8Array, at: number, word: Uint8Array): boolean {
  for (let i = 0; i < word.length; i++) {
    if (bytes[at + i] !== word[i]) return false;
  }
  return true;
}

/** A compressed statement; undefined where it is larger than one cares to unpack. */
function inflate(text: Uint8Array): Uint8Array | undefined {
  const mark = text[0] ?? 0;
  if ((mark & COMPRESSED_MARK) === 0) {
    throw new FormatError("Cannot read a compressed statement: no mark of compression", {
      expected: "0x80 or more",
      found: `0x${mark.toString(16)}`,
    });
  }
  const sizeBytes = mark & 7;
  let size = 0;
  for (let i = 1; i <= sizeBytes; i++) size = size * 256 + text[i]!;
  if (size > INFLATED_MAX) return undefined;
  try {
    return zlib.inflateSync(text.subarray(1 + sizeBytes), {
      maxOutputLength: Math.max(size, 1),
      finishFlush: zlib.constants.Z_SYNC_FLUSH,
    });
  } catch (cause) {
    throw new FormatError("Cannot read a compressed statement", { cause });
  }
}
