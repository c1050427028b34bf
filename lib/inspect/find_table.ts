import { EVENT_HEADER_SIZE } from "../binlog/event_header.ts";
import { EVENT_TYPE } from "../binlog/event_type.ts";
import { decodeCompressedHead } from "../binlog/mariadb_compression.ts";
import { decodeQueryEvent, unpackStatement } from "../binlog/query_event.ts";
import { decodeQueryStatus } from "../binlog/query_status.ts";
import { statementText } from "../binlog/statement_text.ts";
import { ByteReader } from "../bytes/byte_reader.ts";
import type { FileScan } from "../store/file_summary_scan.ts";
import { PayloadEvents } from "./event_payload.ts";
import type { EventView } from "./event_view.ts";
import { type FoundTransaction, transactionOf } from "./find_scan.ts";
import { statementNames, type TableName } from "./find_table_sql.ts";

const UTF8 = new TextEncoder();
/** As much of a statement is looked at. */
const STATEMENT_MAX = 1024 * 1024;
const UNPACKED_MAX = 16 * 1024 * 1024;
/** TABLE_MAP body: u48 table id, u16 flags, then u8 size, database, NUL, u8 size, table, NUL. */
const TABLE_MAP_NAMES = EVENT_HEADER_SIZE + 8;

/** Finds the transactions that touch a table, while a {@link FileScan} goes through a file. */
export class TableMatcher {
  readonly #wanted: TableName;
  readonly #database: Uint8Array;
  readonly #table: Uint8Array;
  #nested: PayloadEvents | undefined;
  /** A table map or statement of the current transaction matches. */
  #matches = false;

  constructor(wanted: TableName) {
    this.#wanted = wanted;
    this.#database = UTF8.encode(wanted.database);
    this.#table = UTF8.encode(wanted.table);
  }

  /** Looks at the event that the scan has taken; the transaction, when one that matches ended. */
  take(scan: FileScan): FoundTransaction | undefined {
    if (!this.#matches) this.#matches = this.#look(scan.scanner);
    if (!scan.ended) return undefined;
    const found = this.#matches ? transactionOf(scan) : undefined;
    this.#matches = false;
    return found;
  }

  #look(event: EventView): boolean {
    switch (event.eventType) {
      case EVENT_TYPE.TABLE_MAP_EVENT:
        return this.#tableMap(event.buffer, event.offset);
      case EVENT_TYPE.QUERY_EVENT:
      case EVENT_TYPE.QUERY_COMPRESSED_EVENT:
      case EVENT_TYPE.EXECUTE_LOAD_QUERY_EVENT:
        return this.#query(event);
      case EVENT_TYPE.TRANSACTION_PAYLOAD_EVENT: {
        const nested = this.#nested ??= new PayloadEvents();
        nested.begin(event);
        let matches = false;
        while (!matches && nested.next()) matches = this.#look(nested);
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

  #query(event: EventView): boolean {
    const size = Math.min(event.headSize, event.eventSize - event.checksumSize);
    const reader = new ByteReader(event.head.subarray(0, size), EVENT_HEADER_SIZE);
    const load = event.eventType === EVENT_TYPE.EXECUTE_LOAD_QUERY_EVENT;
    const query = decodeQueryEvent(reader, load ? "load" : "plain");
    let { statement } = query;
    if (event.eventType === EVENT_TYPE.QUERY_COMPRESSED_EVENT) {
      // Too large to look at: better one answer too many.
      if (!event.whole || decodeCompressedHead(statement).size > UNPACKED_MAX) return true;
      statement = unpackStatement(query);
    }
    const status = decodeQueryStatus(query.statusVariables);
    const text = statementText(statement.subarray(0, STATEMENT_MAX), status);
    return statementNames(text, query.database, this.#wanted, status.sql_mode);
  }
}

function holds(bytes: Uint8Array, at: number, word: Uint8Array): boolean {
  for (let i = 0; i < word.length; i++) {
    if (bytes[at + i] !== word[i]) return false;
  }
  return true;
}
