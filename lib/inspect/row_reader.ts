import { EVENT_HEADER_SIZE } from "../binlog/event_header.ts";
import { unpackMariadb } from "../binlog/mariadb_compression.ts";
import { decodeRowsHead, type RowsHead } from "../binlog/rows_event.ts";
import { ByteReader } from "../bytes/byte_reader.ts";
import { FormatError } from "../errors.ts";
import type { EventView } from "./event_view.ts";
import { RowCursor } from "./row_cursor.ts";
import type { RowTable } from "./row_table.ts";

/** Largest packed event that is unpacked. */
const PACKED_MAX = 64 * 1024 * 1024;

/** Bytes of a bitmap of the columns of any table. */
export const NULLS_SIZE = 8192;

/** Columns that the images of an event's rows hold, as indexes in order. */
export interface RowImages {
  /** The row before, or the only one. */
  before: number[];
  /** The row after an update. */
  after: number[];
}

/** Indexes of the bits that are set, the lowest bit of a byte first. */
export function bitIndexes(bits: Uint8Array, count: number): number[] {
  const indexes: number[] = [];
  for (let i = 0; i < count; i++) {
    if (bits[i >> 3]! & (1 << (i & 7))) indexes.push(i);
  }
  return indexes;
}

/**
 * Reads the rows of one event after another. After {@link open} the cursor stands before the first row;
 * who wants the rows takes image by image as {@link RowImages} says.
 */
export class RowReader {
  readonly cursor: RowCursor = new RowCursor();
  head: RowsHead | undefined;
  images: RowImages = { before: [], after: [] };
  /** The bitmap of the current image, which the cursor may leave behind. */
  readonly #nulls = new Uint8Array(NULLS_SIZE);

  /**
   * Begins with the rows of an event. Throws FormatError where its head is damaged or it can't be
   * unpacked.
   */
  open(event: EventView): RowsHead {
    const bodyEnd = event.eventSize - event.checksumSize;
    const start = event.offset;
    const here = event.buffer.subarray(start, start + Math.min(event.headSize, bodyEnd));
    const reader = new ByteReader(here, EVENT_HEADER_SIZE);
    const head = decodeRowsHead(reader, event.eventType);
    this.head = head;
    this.images = {
      before: bitIndexes(head.columns, head.columnCount),
      after: head.columnsAfter ? bitIndexes(head.columnsAfter, head.columnCount) : [],
    };
    this.cursor.begin(event, reader.offset);
    if (head.compressed) this.#unpack();
    return head;
  }

  #unpack(): void {
    const { cursor } = this;
    const size = cursor.remaining;
    if (size > PACKED_MAX) {
      throw new FormatError(`Cannot unpack: ${size} bytes are more than fit in memory here`, {
        field: "rows",
      });
    }
    cursor.need(size);
    cursor.beginBytes(unpackMariadb(cursor.bytes.subarray(cursor.at, cursor.at + size)));
  }

  /** Passes over all rows; returns how many there are. */
  countRows(table: RowTable): number {
    const { before, after } = this.images;
    const head = this.head!;
    this.checkTable(table);
    let rows = 0;
    while (!this.cursor.done) {
      this.#skipImage(table, before, false);
      if (head.kind === "update") this.#skipImage(table, after, head.partial);
      rows++;
    }
    return rows;
  }

  /** Throws FormatError where the rows are not of this table. */
  checkTable(table: RowTable): void {
    const { columnCount } = this.head!;
    if (columnCount === table.columns.length && this.images.before.length > 0) return;
    if (columnCount === table.columns.length && this.cursor.done) return;
    if (this.images.before.length === 0 && this.images.after.length === 0) {
      throw new FormatError("rows without columns", { field: "columns_present" });
    }
    if (columnCount !== table.columns.length) {
      throw new FormatError(
        `rows of ${columnCount} columns, but ${table.columns.length} in the table map`,
        { field: "column_count" },
      );
    }
  }

  /**
   * Reads what a partial image begins with: lenenc options, and where bit 0 is set a bit for each JSON
   * column of the table that says whether its value is a partial update. Returns these columns.
   */
  partialColumns(table: RowTable): Set<number> | undefined {
    const { cursor } = this;
    cursor.need(1);
    const options = cursor.bytes[cursor.at++]!;
    if (options > 1) throw new FormatError(`value options ${options}`, { field: "value_options" });
    if (options === 0) return undefined;
    const json = table.columns.flatMap(({ typeName }, i) => typeName === "JSON" ? [i] : []);
    const size = (json.length + 7) >> 3;
    cursor.need(size);
    const partial = new Set<number>();
    for (const [bit, column] of json.entries()) {
      if (cursor.bytes[cursor.at + (bit >> 3)]! & (1 << (bit & 7))) partial.add(column);
    }
    cursor.at += size;
    return partial;
  }

  #skipImage(table: RowTable, present: number[], partial: boolean): void {
    const { cursor } = this;
    if (partial) this.partialColumns(table);
    const size = (present.length + 7) >> 3;
    cursor.need(size);
    const nulls = this.#nulls;
    for (let i = 0; i < size; i++) nulls[i] = cursor.bytes[cursor.at + i]!;
    cursor.at += size;
    for (let i = 0; i < present.length; i++) {
      if (nulls[i >> 3]! & (1 << (i & 7))) continue;
      table.columns[present[i]!]!.skip(cursor);
    }
  }
}
