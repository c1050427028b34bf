import type { ByteReader } from "../bytes/byte_reader.ts";
import { COLUMN_TYPE, columnMetadataSize } from "./column_type.ts";
import { decodeTableMetadata, type TableMetadata } from "./table_metadata.ts";

/** Servers have no tables with more than 4096. */
const COLUMNS_MAX = 65_535;

/** One column of a TABLE_MAP_EVENT. */
export interface TableColumn {
  /** Type code; for ENUM and SET, which the event hides in STRING, their own. */
  type: number;
  /**
   * Metadata by type: bytes of the length (blobs, JSON), digits of the fraction (temporal types),
   * precision << 8 | scale (DECIMAL), largest size in bytes (strings), bits (BIT), size in bytes
   * (ENUM, SET).
   */
  metadata: number;
  /** The metadata as mysqlbinlog prints it. */
  rawMetadata: number;
  nullable: boolean;
}

/**
 * TABLE_MAP_EVENT body:
 *
 *     0   u48  table id
 *     6   u16  flags
 *     8        u8 length, database, NUL; u8 length, table, NUL
 *     +        lenenc column count, then a type byte each
 *     +        lenenc length of the metadata, then 0 to 2 bytes a column
 *     +        bitmap of the columns that may be NULL
 *     +        optional metadata to the end, see {@link TableMetadata}
 */
export interface TableMapEvent {
  tableId: number;
  flags: number;
  database: string;
  table: string;
  columns: TableColumn[];
  metadata: TableMetadata;
}

/** Reads names only: table id, database and table. */
export function decodeTableName(
  reader: ByteReader,
): { tableId: number; flags: number; database: string; table: string } {
  const tableId = reader.u48("table_id");
  const flags = reader.u16("table_flags");
  const database = reader.text(reader.u8("database_length"), "database");
  reader.skip(1, "database_end");
  const table = reader.text(reader.u8("table_length"), "table");
  reader.skip(1, "table_end");
  return { tableId, flags, database, table };
}

/** Reads the body of a TABLE_MAP_EVENT. Throws the reader's error where it is short. */
export function decodeTableMapEvent(reader: ByteReader): TableMapEvent {
  const name = decodeTableName(reader);
  const count = reader.lenencNumber("column_count");
  if (count > COLUMNS_MAX) throw reader.fail(`Cannot read table map: ${count} columns`, "columns");
  const types = reader.take(count, "column_types");
  const size = reader.lenencNumber("metadata_length");
  const end = reader.offset + size;
  const columns: TableColumn[] = [];
  for (const type of types) columns.push(decodeColumn(reader, type));
  if (reader.offset !== end) {
    throw reader.fail(
      `Cannot read column metadata: ${size} bytes are said to be there, ` +
        `${reader.offset - end + size} were read`,
      "column_metadata",
    );
  }
  const nulls = reader.take((types.length + 7) >> 3, "nullable_columns");
  for (const [i, column] of columns.entries()) {
    column.nullable = (nulls[i >> 3]! & (1 << (i & 7))) !== 0;
  }
  return { ...name, columns, metadata: decodeTableMetadata(reader, columns) };
}

function decodeColumn(reader: ByteReader, type: number): TableColumn {
  const size = columnMetadataSize(type);
  const first = size > 0 ? reader.u8("column_metadata") : 0;
  const second = size > 1 ? reader.u8("column_metadata") : 0;
  const little = first | (second << 8);
  const big = (first << 8) | second;
  switch (type) {
    case COLUMN_TYPE.NEWDECIMAL:
      return { type, metadata: big, rawMetadata: big, nullable: false };
    case COLUMN_TYPE.BIT:
      return { type, metadata: second * 8 + first, rawMetadata: little, nullable: false };
    case COLUMN_TYPE.ENUM:
    case COLUMN_TYPE.SET:
      return { type, metadata: second, rawMetadata: big, nullable: false };
    case COLUMN_TYPE.STRING: {
      if (first === COLUMN_TYPE.ENUM || first === COLUMN_TYPE.SET) {
        return { type: first, metadata: second, rawMetadata: big, nullable: false };
      }
      // Two bits of a length over 255 are hidden, inverted, in the type byte.
      const high = ((first & 0x30) ^ 0x30) << 4;
      return { type, metadata: high | second, rawMetadata: big, nullable: false };
    }
    default:
      return { type, metadata: little, rawMetadata: little, nullable: false };
  }
}
