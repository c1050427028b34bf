import { ByteReader } from "../bytes/byte_reader.ts";
import { ByteWriter } from "../bytes/byte_writer.ts";
import { ProtocolError, ServerError } from "../errors.ts";

/** First byte of the answers to a command. */
export const RESPONSE = { OK: 0x00, LOCAL_INFILE: 0xfb, EOF: 0xfe, ERR: 0xff } as const;

/** Status flags in OK and EOF packets. */
export const SERVER_STATUS = { AUTOCOMMIT: 0x2, MORE_RESULTS: 0x8 } as const;

/** OK packet: 00, lenenc affected rows, lenenc insert id, u16 status, u16 warnings, info text. */
export interface OkPacket {
  affectedRows: bigint;
  lastInsertId: bigint;
  status: number;
  warnings: number;
  info: string;
}

/** ERR packet: ff, u16 code, [# and 5 characters of SQLSTATE], message to the end. */
export interface ErrPacket {
  code: number;
  /** Empty in an ERR that comes instead of a greeting. */
  sqlState: string;
  message: string;
}

function protocolError(message: string, field: string): Error {
  return new ProtocolError(message, { field });
}

/** Whether a payload is an EOF packet: fe, and shorter than a row that begins so. */
export function isEof(payload: Uint8Array): boolean {
  return payload[0] === RESPONSE.EOF && payload.length < 9;
}

/** Reads an OK packet, or the OK packet with header fe that ends a result set. */
export function decodeOk(payload: Uint8Array): OkPacket {
  const reader = new ByteReader(payload, 1, protocolError);
  const affectedRows = reader.lenenc("affected_rows");
  const lastInsertId = reader.lenenc("last_insert_id");
  const status = reader.u16("status");
  const warnings = reader.u16("warnings");
  return {
    affectedRows,
    lastInsertId,
    status,
    warnings,
    info: reader.text(reader.remaining, "info"),
  };
}

/** Writes an OK packet. */
export function encodeOk(ok: Partial<OkPacket> = {}): Uint8Array<ArrayBuffer> {
  return new ByteWriter().u8(RESPONSE.OK).lenenc(ok.affectedRows ?? 0n)
    .lenenc(ok.lastInsertId ?? 0n).u16(ok.status ?? SERVER_STATUS.AUTOCOMMIT)
    .u16(ok.warnings ?? 0).text(ok.info ?? "").done();
}

/** Reads the parts of an ERR packet. */
export function decodeErrPacket(payload: Uint8Array): ErrPacket {
  const reader = new ByteReader(payload, 1, protocolError);
  const code = reader.u16("error code");
  let sqlState = "";
  if (reader.peek() === 0x23 && reader.remaining >= 6) {
    reader.skip(1, "sqlstate marker");
    sqlState = reader.text(5, "sqlstate");
  }
  return { code, sqlState, message: reader.text(reader.remaining, "error message") };
}

/** An ERR packet as the error it stands for. */
export function decodeErr(payload: Uint8Array): ServerError {
  const { code, sqlState, message } = decodeErrPacket(payload);
  const state = sqlState ? ` (${sqlState})` : "";
  return new ServerError(`Server error ${code}${state}: ${message}`, {
    code,
    sqlState,
    found: message,
  });
}

/** Writes an ERR packet; without `sqlState` in the form used instead of a greeting. */
export function encodeErr(err: ErrPacket): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter().u8(RESPONSE.ERR).u16(err.code);
  if (err.sqlState) writer.u8(0x23).text(err.sqlState);
  return writer.text(err.message).done();
}

/** Writes an EOF packet: fe, u16 warnings, u16 status. */
export function encodeEof(status: number = SERVER_STATUS.AUTOCOMMIT): Uint8Array<ArrayBuffer> {
  return new ByteWriter().u8(RESPONSE.EOF).u16(0).u16(status).done();
}
