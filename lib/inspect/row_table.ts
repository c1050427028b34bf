import { COLUMN_TYPE } from "../binlog/column_type.ts";
import type { TableColumn, TableMapEvent } from "../binlog/table_map_event.ts";
import { charsetDecoder, charsetOfCollation } from "../binlog/values/charset.ts";
import { DECIMAL_PRECISION_MAX } from "../binlog/values/decimal.ts";
import { printable } from "../binlog/values/printable.ts";
import { FormatError } from "../errors.ts";
import type { RowColumn } from "./row_column.ts";
import { GeometryColumn, JsonColumn, VectorColumn } from "./row_document_columns.ts";
import {
  BitColumn,
  DecimalColumn,
  EnumColumn,
  IntegerColumn,
  RealColumn,
  SetColumn,
} from "./row_number_columns.ts";
import {
  dateColumn,
  oldTemporalColumn,
  temporalColumn,
  yearColumn,
} from "./row_temporal_columns.ts";
import { CompressedTextColumn, MariadbBinaryColumn, TextColumn } from "./row_text_columns.ts";

const FRACTION_MAX = 6;
const BITS_MAX = 64;
const BLOB_NAMES = ["", "TINYBLOB/TINYTEXT", "BLOB/TEXT", "MEDIUMBLOB/MEDIUMTEXT"];

/** What is needed to read the rows of a table: made from its TABLE_MAP_EVENT. */
export interface RowTable {
  database: string;
  table: string;
  columns: RowColumn[];
  /** `@1` or the name between back quotes, as SQL has them. */
  labels: string[];
  /** `@1` or the name. */
  names: string[];
  map: TableMapEvent;
}

function damaged(what: string): FormatError {
  return new FormatError(`Cannot read rows: ${what}`, { field: "column_metadata" });
}

/** A name between back quotes, for a line of text. */
export function quoteName(name: string): string {
  return `\`${printable(name).replaceAll("`", "``")}\``;
}

/**
 * Makes the readers of a table's columns.
 * @throws {FormatError} for column types and metadata that no server writes.
 */
export function makeRowTable(map: TableMapEvent, flavour: "mysql" | "mariadb"): RowTable {
  const names = map.columns.map((_, i) => map.metadata.names?.[i] ?? `@${i + 1}`);
  return {
    database: map.database,
    table: map.table,
    columns: map.columns.map((column, i) => makeColumn(column, i, map, flavour)),
    labels: names.map((name, i) => map.metadata.names?.[i] === undefined ? name : quoteName(name)),
    names,
    map,
  };
}

function makeColumn(
  column: TableColumn,
  index: number,
  map: TableMapEvent,
  flavour: "mysql" | "mariadb",
): RowColumn {
  const unsigned = map.metadata.unsigned?.[index];
  const { type, metadata } = column;
  switch (type) {
    case COLUMN_TYPE.TINY:
      return new IntegerColumn(1, unsigned);
    case COLUMN_TYPE.SHORT:
      return new IntegerColumn(2, unsigned);
    case COLUMN_TYPE.INT24:
      return new IntegerColumn(3, unsigned);
    case COLUMN_TYPE.LONG:
      return new IntegerColumn(4, unsigned);
    case COLUMN_TYPE.LONGLONG:
      return new IntegerColumn(8, unsigned);
    case COLUMN_TYPE.FLOAT:
      return new RealColumn(4);
    case COLUMN_TYPE.DOUBLE:
      return new RealColumn(8);
    case COLUMN_TYPE.NEWDECIMAL: {
      const precision = metadata >> 8;
      const scale = metadata & 0xff;
      if (precision < 1 || precision > DECIMAL_PRECISION_MAX || scale > precision) {
        throw damaged(`DECIMAL(${precision},${scale})`);
      }
      return new DecimalColumn(precision, scale, unsigned);
    }
    case COLUMN_TYPE.BIT:
      if (metadata < 1 || metadata > BITS_MAX) throw damaged(`BIT(${metadata})`);
      return new BitColumn(metadata);
    case COLUMN_TYPE.ENUM:
      if (metadata < 1 || metadata > 2) throw damaged(`ENUM of ${metadata} bytes`);
      return new EnumColumn(metadata, memberNames(map, index));
    case COLUMN_TYPE.SET:
      if (metadata < 1 || metadata > 8) throw damaged(`SET of ${metadata} bytes`);
      return new SetColumn(metadata, memberNames(map, index));
    default:
      return makeTemporal(type, metadata) ?? makeSized(column, index, map, flavour);
  }
}

function makeTemporal(type: number, metadata: number): RowColumn | undefined {
  const isNew = type === COLUMN_TYPE.TIME2 || type === COLUMN_TYPE.DATETIME2 ||
    type === COLUMN_TYPE.TIMESTAMP2;
  if (isNew && metadata > FRACTION_MAX) throw damaged(`fraction of ${metadata} digits`);
  switch (type) {
    case COLUMN_TYPE.DATE:
    case COLUMN_TYPE.NEWDATE:
      return dateColumn();
    case COLUMN_TYPE.YEAR:
      return yearColumn();
    case COLUMN_TYPE.TIME:
      return oldTemporalColumn("TIME");
    case COLUMN_TYPE.DATETIME:
      return oldTemporalColumn("DATETIME");
    case COLUMN_TYPE.TIMESTAMP:
      return oldTemporalColumn("TIMESTAMP");
    case COLUMN_TYPE.TIME2:
      return temporalColumn("TIME", metadata);
    case COLUMN_TYPE.DATETIME2:
      return temporalColumn("DATETIME", metadata);
    case COLUMN_TYPE.TIMESTAMP2:
      return temporalColumn("TIMESTAMP", metadata);
  }
  return undefined;
}

function makeSized(
  { type, metadata }: TableColumn,
  index: number,
  map: TableMapEvent,
  flavour: "mysql" | "mariadb",
): RowColumn {
  const charset = charsetOf(map, index);
  const wide = metadata > 255 ? 2 : 1;
  switch (type) {
    case COLUMN_TYPE.STRING: {
      const binary = charset === undefined || charset === "binary";
      if (flavour === "mariadb" && binary && MariadbBinaryColumn.fits(metadata)) {
        return new MariadbBinaryColumn(metadata, charset);
      }
      return new TextColumn(`STRING(${metadata})`, wide, charset);
    }
    case COLUMN_TYPE.VARCHAR:
    case COLUMN_TYPE.VAR_STRING:
      return new TextColumn(`VARSTRING(${metadata})`, wide, charset);
    case COLUMN_TYPE.VARCHAR_COMPRESSED:
      return new CompressedTextColumn(`VARSTRING(${metadata}) COMPRESSED`, wide, charset);
    case COLUMN_TYPE.BLOB_COMPRESSED:
      return new CompressedTextColumn("BLOB/TEXT COMPRESSED", blobWidth(metadata), charset);
    case COLUMN_TYPE.TINY_BLOB:
    case COLUMN_TYPE.MEDIUM_BLOB:
    case COLUMN_TYPE.LONG_BLOB:
    case COLUMN_TYPE.BLOB:
      return new TextColumn(
        BLOB_NAMES[metadata] ?? "LONGBLOB/LONGTEXT",
        blobWidth(metadata),
        charset,
      );
    case COLUMN_TYPE.JSON:
      return new JsonColumn(blobWidth(metadata));
    case COLUMN_TYPE.GEOMETRY:
      return new GeometryColumn(blobWidth(metadata));
    case COLUMN_TYPE.VECTOR:
      return new VectorColumn(blobWidth(metadata), vectorDimensions(map, index));
    default:
      throw damaged(`unknown column type ${type}`);
  }
}

function blobWidth(metadata: number): number {
  if (metadata < 1 || metadata > 4) throw damaged(`BLOB with a length of ${metadata} bytes`);
  return metadata;
}

/** Dimensions of a VECTOR column; undefined where the table map does not say them. */
function vectorDimensions(map: TableMapEvent, index: number): number | undefined {
  const before = map.columns.slice(0, index);
  const vectors = before.filter(({ type }) => type === COLUMN_TYPE.VECTOR).length;
  return map.metadata.vectorDimensions?.[vectors];
}

/** Character set of a column; undefined where the table map does not say it. */
function charsetOf(map: TableMapEvent, index: number): string | undefined {
  const collation = map.metadata.collations?.[index];
  return collation === undefined ? undefined : charsetOfCollation(collation);
}

/** Names of the members of an ENUM or SET, which the servers log in the column's character set. */
function memberNames(map: TableMapEvent, index: number): string[] | undefined {
  const members = map.metadata.members?.[index];
  if (!members) return undefined;
  const charset = charsetOf(map, index);
  const decode = charset === undefined ? undefined : charsetDecoder(charset);
  const utf8 = new TextDecoder();
  return members.map((bytes) => decode?.(bytes) ?? utf8.decode(bytes));
}
