import type { ByteReader } from "../../bytes/byte_reader.ts";

/** What a partial update of a JSON column does at a path. */
export const JSON_DIFF = { REPLACE: 0, INSERT: 1, REMOVE: 2 } as const;

/** One step of a partial update. */
export interface JsonDiff {
  operation: number;
  /** Such as `$.a[1]`. */
  path: string;
  /** Where the binary JSON of the new value lies in the bytes read; equal for REMOVE. */
  start: number;
  end: number;
}

/**
 * Reads the next step of the partial update of a JSON column (sql/log_event.cc, Json_diff::read): u8
 * operation, lenenc length and path, then but for REMOVE lenenc length and binary JSON.
 */
export function decodeJsonDiff(reader: ByteReader): JsonDiff {
  const operation = reader.u8("json_diff operation");
  if (operation > JSON_DIFF.REMOVE) {
    throw reader.fail(`Cannot read partial JSON update: operation ${operation}`, "operation");
  }
  const path = reader.text(reader.lenencNumber("json_diff path length"), "json_diff path");
  if (operation === JSON_DIFF.REMOVE) {
    return { operation, path, start: reader.offset, end: reader.offset };
  }
  const size = reader.lenencNumber("json_diff value length");
  const start = reader.offset;
  reader.skip(size, "json_diff value");
  return { operation, path, start, end: start + size };
}
