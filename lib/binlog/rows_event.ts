import type { ByteReader } from "../bytes/byte_reader.ts";
import { EVENT_TYPE } from "./event_type.ts";

/** Flags of row events (mysql/binlog/event/rows_event.h, MariaDB sql/log_event.h). */
export const ROWS_FLAG = {
  STMT_END_F: 0x01,
  NO_FOREIGN_KEY_CHECKS_F: 0x02,
  RELAXED_UNIQUE_CHECKS_F: 0x04,
  COMPLETE_ROWS_F: 0x08,
  /** MySQL 9: foreign keys were handled in the SQL layer, so that cascades are logged. */
  USE_SQL_FOREIGN_KEY_F: 0x10,
} as const;

/** What a row event does to its rows. */
export type RowsKind = "insert" | "update" | "delete";

/** What the type code of a row event says. */
export interface RowsForm {
  kind: RowsKind;
  /** 1 or 2: version 2 has extra data behind the flags. */
  version: number;
  /** MariaDB's compressed form: everything behind the bitmaps is packed. */
  compressed: boolean;
  /** JSON columns of the new row may be partial updates. */
  partial: boolean;
}

const FORMS = new Map<number, RowsForm>();
function form(type: number, kind: RowsKind, version: number, compressed = false): void {
  FORMS.set(type, { kind, version, compressed, partial: false });
}
form(EVENT_TYPE.WRITE_ROWS_EVENT_V1, "insert", 1);
form(EVENT_TYPE.UPDATE_ROWS_EVENT_V1, "update", 1);
form(EVENT_TYPE.DELETE_ROWS_EVENT_V1, "delete", 1);
form(EVENT_TYPE.WRITE_ROWS_EVENT, "insert", 2);
form(EVENT_TYPE.UPDATE_ROWS_EVENT, "update", 2);
form(EVENT_TYPE.DELETE_ROWS_EVENT, "delete", 2);
form(EVENT_TYPE.WRITE_ROWS_COMPRESSED_EVENT_V1, "insert", 1, true);
form(EVENT_TYPE.UPDATE_ROWS_COMPRESSED_EVENT_V1, "update", 1, true);
form(EVENT_TYPE.DELETE_ROWS_COMPRESSED_EVENT_V1, "delete", 1, true);
form(EVENT_TYPE.WRITE_ROWS_COMPRESSED_EVENT, "insert", 2, true);
form(EVENT_TYPE.UPDATE_ROWS_COMPRESSED_EVENT, "update", 2, true);
form(EVENT_TYPE.DELETE_ROWS_COMPRESSED_EVENT, "delete", 2, true);
FORMS.set(EVENT_TYPE.PARTIAL_UPDATE_ROWS_EVENT, {
  kind: "update",
  version: 2,
  compressed: false,
  partial: true,
});

/** The form of a row event; undefined for other types. */
export function rowsForm(type: number): RowsForm | undefined {
  return FORMS.get(type);
}

/**
 * What stands before the rows:
 *
 *     0   u48  table id
 *     6   u16  flags
 *     8        version 2: u16 size of the extra data with these 2 bytes, extra data
 *     +        lenenc column count
 *     +        bitmap of the columns that the rows hold; for updates a second one, of the new rows
 *
 * A row is a bitmap of its columns that are NULL, then the values of the others.
 */
export interface RowsHead extends RowsForm {
  tableId: number;
  flags: number;
  extra: Uint8Array;
  columnCount: number;
  /** Columns of the only image, or of the one before an update. */
  columns: Uint8Array;
  /** Columns of the image after an update. */
  columnsAfter: Uint8Array | undefined;
}

const NO_BYTES = new Uint8Array(0);

/** Reads the head of a row event; the reader then stands before the rows. */
export function decodeRowsHead(reader: ByteReader, type: number): RowsHead {
  const known = FORMS.get(type);
  if (!known) throw reader.fail(`Cannot read rows: event type ${type}`, "event_type");
  const tableId = reader.u48("table_id");
  const flags = reader.u16("rows_flags");
  let extra: Uint8Array = NO_BYTES;
  if (known.version === 2) {
    const size = reader.u16("extra_data_size");
    if (size < 2) throw reader.fail(`Cannot read rows: extra data of ${size} bytes`, "extra_data");
    extra = reader.take(size - 2, "extra_data");
  }
  const columnCount = reader.lenencNumber("column_count");
  const size = Math.ceil(columnCount / 8);
  const columns = reader.take(size, "columns_present");
  const columnsAfter = known.kind === "update" ? reader.take(size, "columns_updated") : undefined;
  return { ...known, tableId, flags, extra, columnCount, columns, columnsAfter };
}
