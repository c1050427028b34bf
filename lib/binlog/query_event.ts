import type { ByteReader } from "../bytes/byte_reader.ts";
import { ByteWriter } from "../bytes/byte_writer.ts";
import { unpackMariadb } from "./mariadb_compression.ts";

/**
 * QUERY_EVENT body:
 *
 *     0   u32  thread id of the session
 *     4   u32  execution time, seconds
 *     8   u8   length of the database's name
 *     9   u16  error code
 *     11  u16  length of the status variables
 *     13       status variables, database, NUL, statement to the end
 *
 * EXECUTE_LOAD_QUERY_EVENT has 13 bytes more behind the post-header: u32 file id, u32 start and u32 end
 * of the file's name in the statement, u8 what to do with duplicates.
 */
export interface QueryEvent {
  threadId: number;
  executionTime: number;
  errorCode: number;
  database: string;
  statusVariables: Uint8Array;
  /** The statement's bytes, in the character set of its session; packed in a QUERY_COMPRESSED_EVENT. */
  statement: Uint8Array;
  /** EXECUTE_LOAD_QUERY_EVENT only. */
  load?: { fileId: number; nameStart: number; nameEnd: number; duplicates: number };
}

/** Which of the events with a query's layout it is. */
export type QueryForm = "plain" | "load";

/** Reads the body of a QUERY_EVENT, QUERY_COMPRESSED_EVENT or EXECUTE_LOAD_QUERY_EVENT. */
export function decodeQueryEvent(reader: ByteReader, form: QueryForm = "plain"): QueryEvent {
  const threadId = reader.u32("thread_id");
  const executionTime = reader.u32("execution_time");
  const databaseSize = reader.u8("database_length");
  const errorCode = reader.u16("error_code");
  const variablesSize = reader.u16("status_variables_length");
  const load = form === "load"
    ? {
      fileId: reader.u32("file_id"),
      nameStart: reader.u32("file_name_start"),
      nameEnd: reader.u32("file_name_end"),
      duplicates: reader.u8("duplicates"),
    }
    : undefined;
  const statusVariables = reader.take(variablesSize, "status_variables");
  const database = reader.text(databaseSize, "database");
  reader.skip(1, "database_end");
  const statement = reader.take(reader.remaining, "statement");
  return {
    threadId,
    executionTime,
    errorCode,
    database,
    statusVariables,
    statement,
    ...(load ? { load } : {}),
  };
}

/** The statement of a QUERY_COMPRESSED_EVENT. Throws FormatError. */
export function unpackStatement(event: QueryEvent): Uint8Array {
  return unpackMariadb(event.statement);
}

/** Writes the body of a QUERY_EVENT. */
export function encodeQueryEvent(event: QueryEvent): Uint8Array<ArrayBuffer> {
  const database = new TextEncoder().encode(event.database);
  return new ByteWriter(64).u32(event.threadId).u32(event.executionTime).u8(database.length)
    .u16(event.errorCode).u16(event.statusVariables.length).bytes(event.statusVariables)
    .bytes(database).u8(0).bytes(event.statement).done();
}
