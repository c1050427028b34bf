import { SqlError } from "./sql_error.ts";

/** The error for what asks for tables, or what is in them. */
export function noTablesError(): SqlError {
  return new SqlError(
    "NOT_SUPPORTED_YET",
    "binlogd serves binary logs and has no tables; ask the source for this",
  );
}
