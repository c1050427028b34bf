/** Column types as TABLE_MAP_EVENT names them (MySQL field_types.h; MariaDB for 140 and 141). */
export const COLUMN_TYPE = {
  DECIMAL: 0,
  TINY: 1,
  SHORT: 2,
  LONG: 3,
  FLOAT: 4,
  DOUBLE: 5,
  NULL: 6,
  TIMESTAMP: 7,
  LONGLONG: 8,
  INT24: 9,
  DATE: 10,
  TIME: 11,
  DATETIME: 12,
  YEAR: 13,
  NEWDATE: 14,
  VARCHAR: 15,
  BIT: 16,
  TIMESTAMP2: 17,
  DATETIME2: 18,
  TIME2: 19,
  BLOB_COMPRESSED: 140,
  VARCHAR_COMPRESSED: 141,
  VECTOR: 242,
  JSON: 245,
  NEWDECIMAL: 246,
  ENUM: 247,
  SET: 248,
  TINY_BLOB: 249,
  MEDIUM_BLOB: 250,
  LONG_BLOB: 251,
  BLOB: 252,
  VAR_STRING: 253,
  STRING: 254,
  GEOMETRY: 255,
} as const;

/** Bytes of metadata that a column of each type has. */
const METADATA_SIZE = new Uint8Array(256);
for (
  const type of [
    COLUMN_TYPE.FLOAT,
    COLUMN_TYPE.DOUBLE,
    COLUMN_TYPE.TIMESTAMP2,
    COLUMN_TYPE.DATETIME2,
    COLUMN_TYPE.TIME2,
    COLUMN_TYPE.VECTOR,
    COLUMN_TYPE.JSON,
    COLUMN_TYPE.TINY_BLOB,
    COLUMN_TYPE.MEDIUM_BLOB,
    COLUMN_TYPE.LONG_BLOB,
    COLUMN_TYPE.BLOB,
    COLUMN_TYPE.BLOB_COMPRESSED,
    COLUMN_TYPE.GEOMETRY,
  ]
) METADATA_SIZE[type] = 1;
for (
  const type of [
    COLUMN_TYPE.VARCHAR,
    COLUMN_TYPE.VARCHAR_COMPRESSED,
    COLUMN_TYPE.BIT,
    COLUMN_TYPE.NEWDECIMAL,
    COLUMN_TYPE.ENUM,
    COLUMN_TYPE.SET,
    COLUMN_TYPE.VAR_STRING,
    COLUMN_TYPE.STRING,
  ]
) METADATA_SIZE[type] = 2;

/** Bytes of metadata of a column of this type, 0 to 2. */
export function columnMetadataSize(type: number): number {
  return METADATA_SIZE[type]!;
}
