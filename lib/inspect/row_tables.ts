import { EVENT_HEADER_SIZE } from "../binlog/event_header.ts";
import { decodeTableMapEvent } from "../binlog/table_map_event.ts";
import { ByteReader } from "../bytes/byte_reader.ts";
import { FormatError } from "../errors.ts";
import type { EventView } from "./event_view.ts";
import { makeRowTable, type RowTable } from "./row_table.ts";

/** So many tables are kept, and table maps up to this size are recognised when they come again. */
const TABLES_MAX = 256;
const KEPT_SIZE_MAX = 64 * 1024;

interface Entry {
  table: RowTable;
  /** Body of the table map. */
  body: Uint8Array | undefined;
}

/**
 * The tables of the table maps seen, by table id. Servers write a table map before each row event; what
 * was made of it is used again as long as it stays the same.
 */
export class RowTables {
  readonly #tables = new Map<number, Entry>();

  /**
   * Takes a TABLE_MAP_EVENT.
   * @throws {FormatError} where it can't be read.
   */
  take(event: EventView, flavour: "mysql" | "mariadb"): RowTable {
    if (!event.whole) {
      throw new FormatError(`Table map of ${event.eventSize} bytes`, {
        field: "event_size",
        expected: "at most 1 MiB",
      });
    }
    const { buffer, offset } = event;
    const end = offset + event.eventSize - event.checksumSize;
    const body = buffer.subarray(offset + EVENT_HEADER_SIZE, end);
    const reader = new ByteReader(body);
    const tableId = reader.u48("table_id");
    const known = this.#tables.get(tableId);
    if (known?.body && equal(known.body, body)) return known.table;
    this.#tables.delete(tableId);
    const table = makeRowTable(decodeTableMapEvent(new ByteReader(body)), flavour);
    const kept = body.length <= KEPT_SIZE_MAX ? body.slice() : undefined;
    if (this.#tables.size >= TABLES_MAX) {
      for (const oldest of this.#tables.keys()) {
        this.#tables.delete(oldest);
        break;
      }
    }
    this.#tables.set(tableId, { table, body: kept });
    return table;
  }

  /** The table of a row event; undefined where its table map was not seen. */
  get(tableId: number): RowTable | undefined {
    return this.#tables.get(tableId)?.table;
  }

  /** Forgets all: another file begins. */
  clear(): void {
    this.#tables.clear();
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return false;
  }
  return true;
}
