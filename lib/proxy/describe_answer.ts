import { COMMAND } from "../protocol/commands.ts";
import { SERVER_STATUS } from "../protocol/response.ts";
import { describeEof, describeErr, describeOk, PROGRESS_REPORT } from "./describe_response.ts";
import type { FieldReader } from "./field_reader.ts";
import type { Meaning } from "./packet_view.ts";
import type { PendingCommand } from "./pending_command.ts";
import { agreed, MARIADB_CAPABILITY, type Session } from "./session.ts";

/** A terminator with header fe is shorter than any row that begins so. */
const EOF_MAX = 9;
const CHUNK_MAX = 0xff_ffff;

const TYPE_NAMES: Record<number, string> = {
  0: "DECIMAL",
  1: "TINY",
  2: "SHORT",
  3: "LONG",
  4: "FLOAT",
  5: "DOUBLE",
  6: "NULL",
  7: "TIMESTAMP",
  8: "LONGLONG",
  9: "INT24",
  10: "DATE",
  11: "TIME",
  12: "DATETIME",
  13: "YEAR",
  15: "VARCHAR",
  16: "BIT",
  242: "VECTOR",
  245: "JSON",
  246: "NEWDECIMAL",
  247: "ENUM",
  248: "SET",
  249: "TINY_BLOB",
  250: "MEDIUM_BLOB",
  251: "LONG_BLOB",
  252: "BLOB",
  253: "VAR_STRING",
  254: "STRING",
  255: "GEOMETRY",
};

/** Meaning of a packet of an answer, and whether the answer is complete with it. */
export interface AnswerStep {
  meaning: Meaning;
  done: boolean;
}

function step(text: string, done = false): AnswerStep {
  return { meaning: { kind: "response", text }, done };
}

/**
 * One packet of the answer to `pending` (a binlog stream is described elsewhere); moves its stage
 * on. Shapes are those of sql/protocol_classic.cc: text and binary result sets with and without
 * CLIENT_DEPRECATE_EOF, prepared statements, field lists, LOCAL INFILE.
 */
export function describeAnswer(
  pending: PendingCommand,
  reader: FieldReader,
  session: Session,
): AnswerStep {
  if (reader.peek() === 0xff && reader.total > 2) {
    const done = !(reader.bytes[1] === 0xff && reader.bytes[2] === PROGRESS_REPORT >> 8);
    return { meaning: describeErr(reader), done };
  }
  switch (pending.stage) {
    case "parameters":
    case "columns":
      return definition(pending, reader, session);
    case "parameters-end":
    case "columns-end":
      return definitionsEnd(pending, reader, session);
    case "rows":
      return row(pending, reader, session);
    default:
      return first(pending, reader, session);
  }
}

function first(pending: PendingCommand, reader: FieldReader, session: Session): AnswerStep {
  const byte = reader.peek();
  switch (pending.command) {
    case COMMAND.COM_STATISTICS:
      return step(reader.textRest("statistics"), true);
    case COMMAND.COM_STMT_PREPARE:
      if (byte === 0) return prepared(pending, reader);
      break;
    case COMMAND.COM_STMT_FETCH:
      pending.stage = "rows";
      pending.binary = true;
      return row(pending, reader, session);
    case COMMAND.COM_FIELD_LIST:
      if (byte === 0xfe && reader.total < EOF_MAX) return ended(pending, reader, session);
      readColumn(pending, reader, session);
      return step(`column ${pending.table.columns.at(-1) ?? ""}`);
  }
  if (byte === 0xfb) {
    reader.u8("header");
    pending.stage = "infile";
    return step(`the server asks for the client's file ${reader.textRest("file")}`);
  }
  if (byte === 0xfe && reader.total < EOF_MAX) return ended(pending, reader, session);
  if (byte === undefined || (byte === 0 && reader.total >= 7)) {
    if (byte === undefined) return step("empty packet", true);
    const meaning = describeOk(reader, session);
    return { meaning, done: (session.status & SERVER_STATUS.MORE_RESULTS) === 0 };
  }
  return resultSet(pending, reader, session);
}

function resultSet(pending: PendingCommand, reader: FieldReader, session: Session): AnswerStep {
  let metadata = true;
  if (!session.mariadb && agreed(session, "CLIENT_OPTIONAL_RESULTSET_METADATA")) {
    metadata = reader.u8("metadata_follows") !== 0;
  }
  const count = reader.lenencNumber("column_count");
  const cached = session.extendedServer & session.extendedClient &
    MARIADB_CAPABILITY.MARIADB_CLIENT_CACHE_METADATA;
  if (cached && reader.remaining > 0) metadata = reader.u8("metadata_follows") !== 0;
  pending.table.clear();
  pending.binary = pending.command === COMMAND.COM_STMT_EXECUTE;
  pending.left = metadata ? count : 0;
  pending.stage = metadata ? "columns" : "rows";
  if (!metadata && !agreed(session, "CLIENT_DEPRECATE_EOF")) pending.stage = "columns-end";
  return step(`result set of ${count} ${count === 1 ? "column" : "columns"}`);
}

/** Answer to COM_STMT_PREPARE: 00, u32 id, u16 columns, u16 parameters, 00, u16 warnings. */
function prepared(pending: PendingCommand, reader: FieldReader): AnswerStep {
  reader.u8("header");
  const id = reader.u32("statement_id");
  const columns = reader.u16("columns");
  const parameters = reader.u16("parameters");
  if (reader.remaining >= 3) {
    reader.skip(1, "filler");
    reader.u16("warnings");
  }
  const metadata = reader.remaining === 0 || reader.u8("metadata_follows") !== 0;
  pending.columnsAfter = metadata ? columns : 0;
  pending.left = metadata ? parameters : 0;
  pending.stage = "parameters";
  const text = `statement ${id} prepared, ${parameters} parameters, ${columns} columns`;
  if (pending.left > 0) return step(text);
  return step(text, !nextDefinitions(pending));
}

/** Goes on to the columns of a prepared statement; false where there are none. */
function nextDefinitions(pending: PendingCommand): boolean {
  if (pending.columnsAfter === 0) return false;
  pending.left = pending.columnsAfter;
  pending.columnsAfter = 0;
  pending.stage = "columns";
  return true;
}

/** Column definition: lenenc catalog, schema, table, org_table, name, org_name, fixed fields. */
function readColumn(pending: PendingCommand, reader: FieldReader, session: Session): string {
  reader.textLenenc("catalog");
  const schema = reader.textLenenc("schema");
  const table = reader.textLenenc("table");
  reader.textLenenc("org_table");
  const name = reader.textLenenc("name");
  pending.table.column(name);
  reader.textLenenc("org_name");
  const extended = session.extendedServer & session.extendedClient &
    MARIADB_CAPABILITY.MARIADB_CLIENT_EXTENDED_METADATA;
  if (extended) reader.takeLenenc("extended_metadata");
  reader.lenenc("fixed_length");
  reader.u16("charset");
  reader.u32("column_length");
  const type = reader.u8("type");
  reader.u16("flags");
  reader.u8("decimals");
  const of = table ? ` of ${schema}.${table}` : "";
  return `${name}${of}, ${TYPE_NAMES[type] ?? `type ${type}`}`;
}

function definition(pending: PendingCommand, reader: FieldReader, session: Session): AnswerStep {
  const what = pending.stage === "parameters" ? "parameter" : "column";
  const text = `${what} ${readColumn(pending, reader, session)}`;
  if (--pending.left > 0) return step(text);
  const preparing = pending.command === COMMAND.COM_STMT_PREPARE;
  if (!agreed(session, "CLIENT_DEPRECATE_EOF")) {
    pending.stage = pending.stage === "parameters" ? "parameters-end" : "columns-end";
    return step(text);
  }
  if (preparing) return step(text, !nextDefinitions(pending));
  pending.stage = "rows";
  return step(text);
}

function definitionsEnd(
  pending: PendingCommand,
  reader: FieldReader,
  session: Session,
): AnswerStep {
  const meaning = describeEof(reader, session);
  if (pending.command === COMMAND.COM_STMT_PREPARE) {
    return { meaning, done: !nextDefinitions(pending) };
  }
  pending.stage = "rows";
  // A cursor's rows come only when they are fetched.
  return { meaning, done: pending.binary && (session.status & 0x40) !== 0 };
}

function ended(pending: PendingCommand, reader: FieldReader, session: Session): AnswerStep {
  const meaning = reader.total >= 7 && agreed(session, "CLIENT_DEPRECATE_EOF")
    ? describeOk(reader, session)
    : describeEof(reader, session);
  const { table } = pending;
  const count = table.rowCount;
  if (pending.stage === "rows") {
    meaning.text += `, end of ${count} ${count === 1 ? "row" : "rows"}`;
    meaning.details = table.render();
    table.clear();
    pending.stage = "first";
  }
  return { meaning, done: (session.status & SERVER_STATUS.MORE_RESULTS) === 0 };
}

function isEnd(pending: PendingCommand, reader: FieldReader, session: Session): boolean {
  if (reader.peek() !== 0xfe) return false;
  if (pending.binary) return true;
  return reader.total < (agreed(session, "CLIENT_DEPRECATE_EOF") ? CHUNK_MAX : EOF_MAX);
}

function row(pending: PendingCommand, reader: FieldReader, session: Session): AnswerStep {
  if (isEnd(pending, reader, session)) return ended(pending, reader, session);
  const { table } = pending;
  if (pending.binary) {
    table.row(undefined);
    return step(`row ${table.rowCount}, binary`);
  }
  const wanted = table.wantsRow;
  const values: (string | null)[] = [];
  try {
    for (const name of table.columns) values.push(reader.textOrNull(name));
  } catch {
    // A value that goes beyond the bytes at hand.
    values.push(`(${reader.total} bytes)`);
  }
  table.row(wanted ? values : undefined);
  return step(`row ${table.rowCount}`);
}
