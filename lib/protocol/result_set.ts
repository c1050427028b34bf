import { ByteReader } from "../bytes/byte_reader.ts";
import { ByteWriter } from "../bytes/byte_writer.ts";
import { ProtocolError } from "../errors.ts";
import { CAPABILITY } from "./capabilities.ts";
import { CHARSET_UTF8MB4 } from "./handshake.ts";
import type { PacketChannel } from "./packet_channel.ts";
import { decodeErr, encodeEof, isEof, RESPONSE } from "./response.ts";

/** A text result set; SQL NULL is null. Empty columns mean that the answer was an OK packet. */
export interface ResultSet {
  columns: string[];
  rows: (string | null)[][];
}

const NULL_VALUE = 0xfb;
/** Column type VAR_STRING. */
const TYPE_VAR_STRING = 0xfd;
const TYPE_LONGLONG = 0x08;
const NOT_NULL_FLAG = 1;
const COLUMN_MAX = 4096;
const ROW_MAX = 100_000;
/** Bytes of the whole answer; the largest there is, a list of 100,000 binlogs, has a tenth of it. */
const BYTES_MAX = 64 * 1024 * 1024;
/** What each column and each value counts besides its bytes: it takes memory without any. */
const VALUE_COST = 16;

function protocolError(message: string, field: string): Error {
  return new ProtocolError(message, { field });
}

/** Name of a column from its definition: catalog, schema, table, org_table, then the name. */
export function decodeColumnName(payload: Uint8Array): string {
  const reader = new ByteReader(payload, 0, protocolError);
  for (const field of ["catalog", "schema", "table", "org_table"]) {
    reader.skip(reader.lenencNumber(field), field);
  }
  return reader.textLenenc("column name");
}

/** Values of a text row. */
export function decodeTextRow(payload: Uint8Array, count: number): (string | null)[] {
  const reader = new ByteReader(payload, 0, protocolError);
  const row: (string | null)[] = [];
  for (let i = 0; i < count; i++) {
    if (reader.peek() === NULL_VALUE) {
      reader.skip(1, "NULL");
      row.push(null);
    } else row.push(reader.textLenenc("value"));
  }
  reader.end("row");
  return row;
}

/**
 * Reads the answer to a query from the channel.
 * @throws {ServerError} for an ERR packet. {ProtocolError} for anything that is no result set, or
 *   one of over 100,000 rows or 64 MiB.
 */
export async function readResultSet(
  channel: PacketChannel,
  capabilities: number,
): Promise<ResultSet> {
  const first = await channel.read();
  if (first[0] === RESPONSE.ERR) throw decodeErr(first);
  if (first[0] === RESPONSE.OK) return { columns: [], rows: [] };
  const count = new ByteReader(first, 0, protocolError).lenencNumber("column count");
  if (count > COLUMN_MAX) throw new ProtocolError(`Cannot read result set of ${count} columns`);
  let size = 0;
  const add = (payload: Uint8Array, values: number): void => {
    size += payload.length + values * VALUE_COST;
    if (size > BYTES_MAX) throw new ProtocolError(`Result set of over ${BYTES_MAX} bytes`);
  };
  const columns: string[] = [];
  for (let i = 0; i < count; i++) {
    const payload = await channel.read();
    add(payload, 1);
    columns.push(decodeColumnName(payload));
  }
  if (!(capabilities & CAPABILITY.CLIENT_DEPRECATE_EOF)) {
    if (!isEof(await channel.read())) {
      throw new ProtocolError("Cannot read result set: no EOF packet");
    }
  }
  const rows: (string | null)[][] = [];
  for (;;) {
    const payload = await channel.read();
    if (payload[0] === RESPONSE.ERR) throw decodeErr(payload);
    if (isEof(payload)) return { columns, rows };
    if (rows.length === ROW_MAX) throw new ProtocolError(`Result set of over ${ROW_MAX} rows`);
    add(payload, count);
    rows.push(decodeTextRow(payload, count));
  }
}

/** A column of a result set we send. */
export interface ColumnDefinition {
  name: string;
  /** Whether values are integers; clients only use it to choose a type. */
  integer?: boolean;
  /** Whether values are never NULL; clients make room for the word otherwise. */
  notNull?: boolean;
}

/** Writes a column definition packet. */
export function encodeColumn(column: ColumnDefinition): Uint8Array<ArrayBuffer> {
  return new ByteWriter().textLenenc("def").textLenenc("").textLenenc("").textLenenc("")
    .textLenenc(column.name).textLenenc("").u8(0x0c)
    .u16(column.integer ? 63 : CHARSET_UTF8MB4).u32(column.integer ? 21 : 1024)
    .u8(column.integer ? TYPE_LONGLONG : TYPE_VAR_STRING)
    .u16(column.notNull ? NOT_NULL_FLAG : 0).u8(0).u16(0).done();
}

/** Payloads of a whole text result set in the classic form, with EOF packets. */
export function encodeResultSet(
  columns: readonly ColumnDefinition[],
  rows: readonly (readonly (string | null)[])[],
): Uint8Array<ArrayBuffer>[] {
  const payloads = [new ByteWriter().lenenc(columns.length).done()];
  for (const column of columns) payloads.push(encodeColumn(column));
  payloads.push(encodeEof());
  for (const row of rows) {
    const writer = new ByteWriter();
    for (const value of row) {
      if (value === null) writer.u8(NULL_VALUE);
      else writer.textLenenc(value);
    }
    payloads.push(writer.done());
  }
  payloads.push(encodeEof());
  return payloads;
}
