import { encodeErr } from "../protocol/response.ts";

/** Error codes that we send, with their SQLSTATE (mysqld_error.h; MariaDB numbers them alike). */
export const SQL_ERROR = {
  CON_COUNT_ERROR: [1040, "08004"],
  ACCESS_DENIED: [1045, "28000"],
  UNKNOWN_COMMAND: [1047, "08S01"],
  SERVER_SHUTDOWN: [1053, "08S01"],
  BAD_FIELD: [1054, "42S22"],
  PARSE_ERROR: [1064, "42000"],
  NO_SUCH_THREAD: [1094, "HY000"],
  KILL_DENIED: [1095, "HY000"],
  UNKNOWN_ERROR: [1105, "HY000"],
  NET_PACKET_TOO_LARGE: [1153, "08S01"],
  UNKNOWN_SYSTEM_VARIABLE: [1193, "HY000"],
  LOCK_OR_ACCESS: [1227, "42000"],
  INCORRECT_GLOBAL_LOCAL: [1238, "HY000"],
  WRONG_VALUE_FOR_VAR: [1231, "42000"],
  NOT_SUPPORTED_YET: [1235, "42000"],
  MASTER_FATAL_ERROR_READING_BINLOG: [1236, "HY000"],
  UNSUPPORTED_PS: [1295, "HY000"],
  UNKNOWN_TARGET_BINLOG: [1373, "HY000"],
  LOG_IN_USE: [1378, "HY000"],
  WRONG_PARAMCOUNT: [1582, "42000"],
  MALFORMED_PACKET: [1835, "HY000"],
  MALFORMED_GTID_SET: [1773, "HY000"],
  WARN_ALLOWED_PACKET_OVERFLOWED: [1301, "HY000"],
  QUERY_INTERRUPTED: [1317, "70100"],
  CONNECTION_KILLED: [1927, "70100"],
  SECURE_TRANSPORT_REQUIRED: [3159, "HY000"],
} as const;

/** Name of one of {@link SQL_ERROR}. */
export type SqlErrorName = keyof typeof SQL_ERROR;

/** An error that is answered to a client as an ERR packet; the connection goes on, or not. */
export class SqlError extends Error {
  override name = "SqlError";
  readonly code: number;
  readonly sqlState: string;

  constructor(name: SqlErrorName, message: string) {
    super(message);
    [this.code, this.sqlState] = SQL_ERROR[name];
  }

  /** The ERR packet for it. */
  encode(): Uint8Array<ArrayBuffer> {
    return encodeErr({ code: this.code, sqlState: this.sqlState, message: this.message });
  }
}
