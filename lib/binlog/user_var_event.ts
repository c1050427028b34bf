import type { ByteReader } from "../bytes/byte_reader.ts";

/** Types of a user variable's value. */
export const USER_VAR_TYPE = { STRING: 0, REAL: 1, INT: 2, ROW: 3, DECIMAL: 4 } as const;
const UNSIGNED = 1;

/**
 * USER_VAR_EVENT body: u32 length and name; u8 whether NULL; else u8 type, u32 collation, u32 length and
 * value, u8 flags (1: unsigned). Numbers are 8 bytes, a decimal is u8 precision, u8 scale and the packed
 * form of the column type.
 */
export interface UserVarEvent {
  name: string;
  /** Undefined for NULL. */
  value?: { type: number; collation: number; bytes: Uint8Array; unsigned: boolean };
}

/** Reads the body of a USER_VAR_EVENT. */
export function decodeUserVarEvent(reader: ByteReader): UserVarEvent {
  const name = reader.text(reader.u32("name_length"), "name");
  if (reader.u8("is_null") !== 0) return { name };
  const type = reader.u8("value_type");
  const collation = reader.u32("collation");
  const bytes = reader.take(reader.u32("value_length"), "value");
  const flags = reader.remaining > 0 ? reader.u8("value_flags") : 0;
  return { name, value: { type, collation, bytes, unsigned: (flags & UNSIGNED) !== 0 } };
}
