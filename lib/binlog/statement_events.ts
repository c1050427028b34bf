import type { ByteReader } from "../bytes/byte_reader.ts";

/** INTVAR_EVENT body: u8 which variable, u64 value; stands before the statement that uses it. */
export interface IntvarEvent {
  variable: string;
  value: bigint;
}

const INTVARS: Readonly<Record<number, string>> = { 1: "LAST_INSERT_ID", 2: "INSERT_ID" };

/** Reads the body of an INTVAR_EVENT. */
export function decodeIntvarEvent(reader: ByteReader): IntvarEvent {
  const type = reader.u8("variable");
  return { variable: INTVARS[type] ?? `INVALID_INT_${type}`, value: reader.u64("value") };
}

/** RAND_EVENT body: the two u64 seeds of RAND() in the next statement. */
export interface RandEvent {
  seed1: bigint;
  seed2: bigint;
}

/** Reads the body of a RAND_EVENT. */
export function decodeRandEvent(reader: ByteReader): RandEvent {
  return { seed1: reader.u64("seed1"), seed2: reader.u64("seed2") };
}

/** BEGIN_LOAD_QUERY_EVENT and APPEND_BLOCK_EVENT body: u32 file id, then a piece of the file. */
export interface LoadBlockEvent {
  fileId: number;
  /** Bytes of the file in this event. */
  size: number;
}

/** Reads the body of a BEGIN_LOAD_QUERY_EVENT or APPEND_BLOCK_EVENT; DELETE_FILE_EVENT has no piece. */
export function decodeLoadBlockEvent(reader: ByteReader): LoadBlockEvent {
  const fileId = reader.u32("file_id");
  return { fileId, size: reader.take(reader.remaining, "file_data").length };
}

/** The text of a ROWS_QUERY_LOG_EVENT: a length byte that says nothing, then the statement. */
export function decodeRowsQueryEvent(reader: ByteReader): Uint8Array {
  reader.skip(1, "length");
  return reader.take(reader.remaining, "statement");
}
