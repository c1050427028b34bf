import { ByteReader } from "../bytes/byte_reader.ts";
import { FormatError } from "../errors.ts";
import { COLUMN_TYPE } from "./column_type.ts";
import type { TableColumn } from "./table_map_event.ts";

/** Field types of the optional metadata (mysql/binlog/event/rows_event.h). */
const FIELD = {
  SIGNEDNESS: 1,
  DEFAULT_CHARSET: 2,
  COLUMN_CHARSET: 3,
  COLUMN_NAME: 4,
  SET_VALUES: 5,
  ENUM_VALUES: 6,
  GEOMETRY_TYPE: 7,
  SIMPLE_PRIMARY_KEY: 8,
  PRIMARY_KEY_WITH_PREFIX: 9,
  ENUM_SET_DEFAULT_CHARSET: 10,
  ENUM_SET_COLUMN_CHARSET: 11,
  COLUMN_VISIBILITY: 12,
  VECTOR_DIMENSIONS: 13,
} as const;

/**
 * The optional metadata of a TABLE_MAP_EVENT: fields of u8 type, lenenc length and value. What a server
 * writes depends on binlog_row_metadata; everything may be absent. Lists have an entry for each column of
 * the table, undefined where it does not apply.
 */
export interface TableMetadata {
  /** Whether numeric columns are unsigned. */
  unsigned?: (boolean | undefined)[];
  /** Collation ids of CHAR, VARCHAR, TEXT, BLOB, ENUM and SET columns. */
  collations?: (number | undefined)[];
  names?: string[];
  /** Member names of ENUM and SET columns. */
  members?: (Uint8Array[] | undefined)[];
  geometryTypes?: number[];
  /** Indexes of the columns of the primary key; a prefix of 0 is the whole column. */
  primaryKey?: { column: number; prefix: number }[];
  visible?: boolean[];
  vectorDimensions?: number[];
}

function isNumeric({ type }: TableColumn): boolean {
  switch (type) {
    case COLUMN_TYPE.TINY:
    case COLUMN_TYPE.SHORT:
    case COLUMN_TYPE.INT24:
    case COLUMN_TYPE.LONG:
    case COLUMN_TYPE.LONGLONG:
    case COLUMN_TYPE.NEWDECIMAL:
    case COLUMN_TYPE.FLOAT:
    case COLUMN_TYPE.DOUBLE:
    case COLUMN_TYPE.YEAR:
      return true;
    default:
      return false;
  }
}

function isCharacter({ type }: TableColumn): boolean {
  switch (type) {
    case COLUMN_TYPE.STRING:
    case COLUMN_TYPE.VAR_STRING:
    case COLUMN_TYPE.VARCHAR:
    case COLUMN_TYPE.BLOB:
    case COLUMN_TYPE.VARCHAR_COMPRESSED:
    case COLUMN_TYPE.BLOB_COMPRESSED:
      return true;
    default:
      return false;
  }
}

function isMembers({ type }: TableColumn): boolean {
  return type === COLUMN_TYPE.ENUM || type === COLUMN_TYPE.SET;
}

/** Bit `index` of a bitmap that begins with the highest bit. */
function highBit(bits: Uint8Array, index: number): boolean {
  return ((bits[index >> 3] ?? 0) & (0x80 >> (index & 7))) !== 0;
}

/** Reads what is left of a TABLE_MAP_EVENT; unknown fields are passed over. */
export function decodeTableMetadata(reader: ByteReader, columns: TableColumn[]): TableMetadata {
  const metadata: TableMetadata = {};
  while (reader.remaining > 0) {
    const type = reader.u8("optional_metadata_type");
    const size = reader.lenencNumber("optional_metadata_length");
    const value = reader.take(size, "optional_metadata_value");
    readField(metadata, type, new ByteReader(value), columns);
  }
  return metadata;
}

function readField(
  metadata: TableMetadata,
  type: number,
  value: ByteReader,
  columns: TableColumn[],
): void {
  switch (type) {
    case FIELD.SIGNEDNESS: {
      let index = 0;
      metadata.unsigned = columns.map((column) =>
        isNumeric(column) ? highBit(value.bytes, index++) : undefined
      );
      break;
    }
    case FIELD.DEFAULT_CHARSET:
      readDefaultCollation(metadata, value, columns, isCharacter);
      break;
    case FIELD.COLUMN_CHARSET:
      readCollations(metadata, value, columns, isCharacter);
      break;
    case FIELD.ENUM_SET_DEFAULT_CHARSET:
      readDefaultCollation(metadata, value, columns, isMembers);
      break;
    case FIELD.ENUM_SET_COLUMN_CHARSET:
      readCollations(metadata, value, columns, isMembers);
      break;
    case FIELD.COLUMN_NAME:
      metadata.names = readAll(value, () => value.textLenenc("column name"));
      break;
    case FIELD.SET_VALUES:
      readMembers(metadata, value, columns, COLUMN_TYPE.SET);
      break;
    case FIELD.ENUM_VALUES:
      readMembers(metadata, value, columns, COLUMN_TYPE.ENUM);
      break;
    case FIELD.GEOMETRY_TYPE:
      metadata.geometryTypes = readAll(value, () => value.lenencNumber("geometry type"));
      break;
    case FIELD.SIMPLE_PRIMARY_KEY:
      metadata.primaryKey = readAll(value, () => ({
        column: value.lenencNumber("key column"),
        prefix: 0,
      }));
      break;
    case FIELD.PRIMARY_KEY_WITH_PREFIX:
      metadata.primaryKey = readAll(value, () => ({
        column: value.lenencNumber("key column"),
        prefix: value.lenencNumber("key prefix"),
      }));
      break;
    case FIELD.COLUMN_VISIBILITY:
      metadata.visible = columns.map((_, index) => highBit(value.bytes, index));
      break;
    case FIELD.VECTOR_DIMENSIONS:
      metadata.vectorDimensions = readAll(value, () => value.lenencNumber("dimensions"));
  }
}

function readAll<T>(value: ByteReader, read: () => T): T[] {
  const all: T[] = [];
  while (value.remaining > 0) all.push(read());
  return all;
}

/** One collation for all columns of a kind, then pairs of index among these and another collation. */
function readDefaultCollation(
  metadata: TableMetadata,
  value: ByteReader,
  columns: TableColumn[],
  applies: (column: TableColumn) => boolean,
): void {
  const common = value.lenencNumber("default collation");
  const others = new Map<number, number>();
  while (value.remaining > 0) {
    const index = value.lenencNumber("column index");
    others.set(index, value.lenencNumber("collation"));
  }
  let index = 0;
  const list = metadata.collations ??= columns.map(() => undefined);
  for (const [i, column] of columns.entries()) {
    if (applies(column)) list[i] = others.get(index++) ?? common;
  }
}

function readCollations(
  metadata: TableMetadata,
  value: ByteReader,
  columns: TableColumn[],
  applies: (column: TableColumn) => boolean,
): void {
  const list = metadata.collations ??= columns.map(() => undefined);
  for (const [i, column] of columns.entries()) {
    if (applies(column)) list[i] = value.lenencNumber("collation");
  }
}

/**
 * Bytes of a member's name: 255 characters on MySQL, all that fits into the table's definition on
 * MariaDB. Each row may print it again, so that longer ones would make a small event endless.
 */
const MEMBER_MAX = 65_535;

function readMembers(
  metadata: TableMetadata,
  value: ByteReader,
  columns: TableColumn[],
  type: number,
): void {
  const list = metadata.members ??= columns.map(() => undefined);
  for (const [i, column] of columns.entries()) {
    if (column.type !== type) continue;
    const members: Uint8Array[] = [];
    for (let left = value.lenencNumber("member count"); left > 0; left--) {
      const length = value.lenencNumber("member length");
      if (length > MEMBER_MAX) {
        throw new FormatError(`Cannot read a member of ENUM or SET of ${length} bytes`, {
          field: "member",
          expected: `at most ${MEMBER_MAX}`,
        });
      }
      members.push(value.take(length, "member").slice());
    }
    list[i] = members;
  }
}
