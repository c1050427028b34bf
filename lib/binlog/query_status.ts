import { ByteReader } from "../bytes/byte_reader.ts";

/** Status variables of a QUERY_EVENT by code, with the names that {@link decodeQueryStatus} gives. */
const CODE = {
  FLAGS2: 0,
  SQL_MODE: 1,
  CATALOG_NUL: 2,
  AUTO_INCREMENT: 3,
  CHARSET: 4,
  TIME_ZONE: 5,
  CATALOG: 6,
  LC_TIME_NAMES: 7,
  CHARSET_DATABASE: 8,
  TABLE_MAP_FOR_UPDATE: 9,
  MASTER_DATA_WRITTEN: 10,
  INVOKER: 11,
  UPDATED_DATABASES: 12,
  MICROSECONDS: 13,
  EXPLICIT_DEFAULTS: 16,
  DDL_XID: 17,
  DEFAULT_COLLATION: 18,
  REQUIRE_PRIMARY_KEY: 19,
  DEFAULT_ENCRYPTION: 20,
  HRNOW: 128,
  XID: 129,
  GTID_FLAGS: 130,
} as const;
/** So many databases or more are not listed. */
const DATABASES_TOO_MANY = 254;

/** Status variables by name; what an unknown code hides is left out, with the code under `unknown`. */
export interface QueryStatus {
  /** Bits of the session's SQL mode. */
  sql_mode?: bigint;
  /** Id of a collation of the client's character set, which is that of the statement. */
  character_set_client?: number;
  [name: string]: number | bigint | string | string[] | number[];
}

/**
 * Reads the status variables of a QUERY_EVENT: u8 code, then a value whose size the code says (MySQL
 * mysql/binlog/event/statement_events.h; codes from 128 on are MariaDB's). Ends at the first unknown
 * code, since nothing says how long its value is.
 */
export function decodeQueryStatus(bytes: Uint8Array): QueryStatus {
  const reader = new ByteReader(bytes);
  const status: QueryStatus = {};
  while (reader.remaining > 0) {
    const code = reader.u8("status variable");
    if (!readVariable(reader, code, status)) {
      status.unknown = code;
      break;
    }
  }
  return status;
}

function readVariable(reader: ByteReader, code: number, status: QueryStatus): boolean {
  switch (code) {
    case CODE.FLAGS2:
      status.flags2 = reader.u32("flags2");
      return true;
    case CODE.SQL_MODE:
      status.sql_mode = reader.u64("sql_mode");
      return true;
    case CODE.CATALOG_NUL:
      status.catalog = reader.text(reader.u8("catalog length"), "catalog");
      reader.skip(1, "catalog end");
      return true;
    case CODE.AUTO_INCREMENT:
      status.auto_increment_increment = reader.u16("auto_increment_increment");
      status.auto_increment_offset = reader.u16("auto_increment_offset");
      return true;
    case CODE.CHARSET:
      status.character_set_client = reader.u16("character_set_client");
      status.collation_connection = reader.u16("collation_connection");
      status.collation_server = reader.u16("collation_server");
      return true;
    case CODE.TIME_ZONE:
      status.time_zone = reader.text(reader.u8("time zone length"), "time_zone");
      return true;
    case CODE.CATALOG:
      status.catalog = reader.text(reader.u8("catalog length"), "catalog");
      return true;
    case CODE.LC_TIME_NAMES:
      status.lc_time_names = reader.u16("lc_time_names");
      return true;
    case CODE.CHARSET_DATABASE:
      status.collation_database = reader.u16("collation_database");
      return true;
    case CODE.TABLE_MAP_FOR_UPDATE:
      status.table_map_for_update = reader.u64("table_map_for_update");
      return true;
    default:
      return readNewerVariable(reader, code, status);
  }
}

function readNewerVariable(reader: ByteReader, code: number, status: QueryStatus): boolean {
  switch (code) {
    case CODE.MASTER_DATA_WRITTEN:
      status.source_data_written = reader.u32("source_data_written");
      return true;
    case CODE.INVOKER:
      status.invoker_user = reader.text(reader.u8("user length"), "invoker_user");
      status.invoker_host = reader.text(reader.u8("host length"), "invoker_host");
      return true;
    case CODE.UPDATED_DATABASES: {
      const count = reader.u8("database count");
      if (count >= DATABASES_TOO_MANY) return true;
      status.updated_databases = Array.from({ length: count }, () => reader.textNul("database"));
      return true;
    }
    case CODE.MICROSECONDS:
      status.microseconds = reader.u24("microseconds");
      return true;
    case CODE.EXPLICIT_DEFAULTS:
      status.explicit_defaults_for_timestamp = reader.u8("explicit_defaults");
      return true;
    case CODE.DDL_XID:
    case CODE.XID:
      status.xid = reader.u64("xid");
      return true;
    case CODE.DEFAULT_COLLATION:
      status.default_collation_for_utf8mb4 = reader.u16("default collation");
      return true;
    case CODE.REQUIRE_PRIMARY_KEY:
      status.sql_require_primary_key = reader.u8("sql_require_primary_key");
      return true;
    case CODE.DEFAULT_ENCRYPTION:
      status.default_table_encryption = reader.u8("default_table_encryption");
      return true;
    case CODE.HRNOW:
      status.microseconds = reader.u24("hrnow");
      return true;
    case CODE.GTID_FLAGS:
      return readGtidFlags(reader, status);
    default:
      return false;
  }
}

/** MariaDB 10.9 and later: u16 flags of an ALTER in two phases, and with it the start's seq_no. */
function readGtidFlags(reader: ByteReader, status: QueryStatus): boolean {
  const flags = reader.u16("gtid_flags3");
  status.gtid_flags3 = flags;
  if (flags & 0x0c) status.start_alter_seq_no = reader.u64("start_alter_seq_no");
  return true;
}
