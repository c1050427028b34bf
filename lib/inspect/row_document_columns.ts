import { ByteReader } from "../bytes/byte_reader.ts";
import { decodeJsonDiff, JSON_DIFF, type JsonDiff } from "../binlog/values/json_diff.ts";
import { writeJsonBinary } from "../binlog/values/json_binary.ts";
import { writeEscaped, writeQuoted } from "../binlog/values/escape.ts";
import { TextOutput } from "../binlog/values/text_output.ts";
import { FormatError } from "../errors.ts";
import type { RowCursor } from "./row_cursor.ts";
import { floatText } from "./row_number_columns.ts";
import { geometryText } from "./row_geometry.ts";
import { readLength, SizedColumn } from "./row_text_columns.ts";
import { VALUE_SHOWN_MAX, type ValueWriter } from "./row_value_writer.ts";

const JSON_LENGTH_SIZE = 4;
const OPERATIONS = ["JSON_REPLACE", "JSON_INSERT", "JSON_REMOVE"];

/** Text of a document on its way into quotes; used again and again. */
const scratch = new TextOutput(undefined, 4096);

/** MySQL's JSON: its binary form as a document. In JSON it stands as it is, not as a string. */
export class JsonColumn extends SizedColumn {
  constructor(width: number) {
    super("JSON", width, "binary");
  }

  protected override write(
    writer: ValueWriter,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    writeDocument(writer, bytes, start, end);
  }

  /**
   * Writes a partial update as the functions that do it: JSON_REPLACE(@1, '$.a', '1'); `column` is what
   * the column is called.
   */
  printPartial(cursor: RowCursor, writer: ValueWriter, column: string): void {
    const size = readLength(cursor, JSON_LENGTH_SIZE);
    if (size > VALUE_SHOWN_MAX) {
      cursor.check(size);
      if (!writer.fullValues) writer.beginning(cursor, size, this.charset);
      else writer.streamed(cursor, size, this.charset);
      return;
    }
    cursor.need(size);
    const bytes = cursor.bytes.subarray(cursor.at, cursor.at + size);
    if (writer.json) printDiffsJson(bytes, writer);
    else printDiffsSql(bytes, writer, column);
    cursor.at += size;
  }
}

function writeDocument(
  writer: ValueWriter,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  scratch.clear();
  writeJsonBinary(scratch, bytes, start, end);
  const text = scratch.written;
  if (writer.json) {
    writer.out.bytes(text);
    return;
  }
  writer.quote();
  writeEscaped(writer.out, text, 0, text.length, "sql");
  writer.quote();
}

/** The function that does a step. JSON_INSERT would leave an array that has such a cell as it is. */
function functionOf({ operation, path }: JsonDiff): string {
  const intoArray = operation === JSON_DIFF.INSERT && path.endsWith("]");
  return intoArray ? "JSON_ARRAY_INSERT" : OPERATIONS[operation]!;
}

/** The steps in the order in which they are done: the first one is the innermost call. */
function printDiffsSql(bytes: Uint8Array, writer: ValueWriter, column: string): void {
  const { out } = writer;
  const names: string[] = [];
  const reader = new ByteReader(bytes);
  while (reader.remaining > 0) names.push(functionOf(decodeJsonDiff(reader)));
  // Steps of one kind in a row are one call with several paths.
  const calls = names.filter((name, i) => name !== names[i - 1]);
  for (const name of calls.toReversed()) out.ascii(name).ascii("(");
  out.text(column);
  const again = new ByteReader(bytes);
  for (let i = 0; i < names.length; i++) {
    const { operation, path, start, end } = decodeJsonDiff(again);
    out.ascii(", ");
    writer.text(path);
    if (operation !== JSON_DIFF.REMOVE) {
      out.ascii(", ");
      writeDiffValue(writer, bytes, start, end);
    }
    if (names[i + 1] !== names[i]) out.ascii(")");
  }
}

/** Scalars stand as SQL values, objects and arrays as CAST('…' AS JSON). */
function writeDiffValue(
  writer: ValueWriter,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  scratch.clear();
  writeJsonBinary(scratch, bytes, start, end);
  const text = scratch.written;
  const first = text[0];
  if (first === 0x22) {
    let value: string;
    try {
      value = JSON.parse(new TextDecoder().decode(text)) as string;
    } catch {
      value = new TextDecoder().decode(text);
    }
    writer.text(value);
    return;
  }
  const whole = first === 0x7b || first === 0x5b || text.length === 4 || text.length === 5;
  const document = whole && (first! > 0x40);
  if (!document) {
    writer.out.bytes(text);
    return;
  }
  writer.out.ascii("CAST(");
  writer.quote();
  writeEscaped(writer.out, text, 0, text.length, "sql");
  writer.quote();
  writer.out.ascii(" AS JSON)");
}

function printDiffsJson(bytes: Uint8Array, writer: ValueWriter): void {
  const reader = new ByteReader(bytes);
  scratch.clear();
  scratch.ascii('{"partial_update":[');
  for (let first = true; reader.remaining > 0; first = false) {
    const { operation, path, start, end } = decodeJsonDiff(reader);
    if (!first) scratch.ascii(",");
    const name = OPERATIONS[operation]!.slice(5).toLowerCase();
    scratch.ascii(`{"operation":"${name}","path":`);
    writeQuoted(scratch, path, "json");
    if (operation !== JSON_DIFF.REMOVE) {
      scratch.ascii(',"value":');
      writeJsonBinary(scratch, bytes, start, end);
    }
    scratch.ascii("}");
  }
  writer.out.bytes(scratch.ascii("]}").written);
}

/**
 * MySQL from 8.0 on reads the latitude first where the SRID is one of the globe, but stores the longitude
 * first. MySQL 5.7 and MariaDB know neither that nor the argument, and pass over the comment.
 */
const AXIS_ORDER = " /*!80011 , 'axis-order=long-lat' */";

/**
 * GEOMETRY: u32 SRID, then well-known binary; shown as ST_GeomFromText('POINT(1 2)'), which makes the
 * stored value on every server.
 */
export class GeometryColumn extends SizedColumn {
  constructor(width: number) {
    super("GEOMETRY", width, "binary");
  }

  protected override write(
    writer: ValueWriter,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    const geometry = geometryText(bytes.subarray(start, end));
    if (!geometry) {
      writer.hex(bytes, start, end);
      return;
    }
    const { srid, text } = geometry;
    if (writer.json) writer.text(srid === 0 ? text : `SRID=${srid};${text}`);
    else {
      writer.out.ascii("ST_GeomFromText(");
      writer.text(text);
      writer.out.ascii(srid === 0 ? ")" : `, ${srid}${AXIS_ORDER})`);
    }
  }
}

/** MySQL's VECTOR: FLOATs, little-endian; shown as [1,-2.5]. */
export class VectorColumn extends SizedColumn {
  constructor(width: number, dimensions: number | undefined) {
    super(dimensions === undefined ? "VECTOR" : `VECTOR(${dimensions})`, width, "binary");
  }

  protected override write(
    writer: ValueWriter,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    const { out } = writer;
    if ((end - start) % 4 !== 0) {
      throw new FormatError(`VECTOR of ${end - start} bytes`, { field: "vector" });
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    out.ascii("[");
    for (let at = start; at < end; at += 4) {
      if (at > start) out.ascii(",");
      const value = view.getFloat32(at, true);
      out.ascii(Number.isFinite(value) ? floatText(value) : "null");
    }
    out.ascii("]");
  }
}
