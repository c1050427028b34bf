import { assertEquals } from "@std/assert";
import { JSON_DIFF } from "../../lib/binlog/values/json_diff.ts";
import { TextOutput } from "../../lib/binlog/values/text_output.ts";
import { ByteWriter } from "../../lib/bytes/byte_writer.ts";
import { GeometryColumn, JsonColumn } from "../../lib/inspect/row_document_columns.ts";
import { RowCursor } from "../../lib/inspect/row_cursor.ts";
import { VALUE_SHOWN_MAX, ValueWriter } from "../../lib/inspect/row_value_writer.ts";

/** A row's value behind a length of 4 bytes, and where its text goes. */
function opened(
  value: Uint8Array,
  quoting: "sql" | "json",
  fullValues = false,
): { cursor: RowCursor; writer: ValueWriter; text: () => string } {
  const cursor = new RowCursor();
  cursor.beginBytes(new ByteWriter().u32(value.length).bytes(value).done().slice());
  const out = new TextOutput(undefined, 256);
  const text = (): string => new TextDecoder().decode(out.written);
  return { cursor, writer: new ValueWriter(out, { quoting, fullValues }), text };
}

function geometry(srid: number, quoting: "sql" | "json"): string {
  const numbers = new Uint8Array(Float64Array.of(20, 10).buffer);
  const value = new ByteWriter().u32(srid).u8(1).u32(1).bytes(numbers).done().slice();
  const { cursor, writer, text } = opened(value, quoting);
  new GeometryColumn(4).print(cursor, writer);
  return text();
}

Deno.test("a GEOMETRY with an SRID says that its longitude comes first", () => {
  assertEquals(geometry(0, "sql"), "ST_GeomFromText('POINT(20 10)')");
  assertEquals(
    geometry(4326, "sql"),
    "ST_GeomFromText('POINT(20 10)', 4326 /*!80011 , 'axis-order=long-lat' */)",
  );
  assertEquals(geometry(0, "json"), '"POINT(20 10)"');
  assertEquals(geometry(4326, "json"), '"SRID=4326;POINT(20 10)"');
});

/** Steps of a partial update, the values as binary JSON. */
function partial(steps: [operation: number, path: string, value: number[]][]): string {
  const bytes = new ByteWriter();
  for (const [operation, path, value] of steps) {
    bytes.u8(operation).u8(path.length).text(path);
    if (operation !== JSON_DIFF.REMOVE) bytes.u8(value.length).bytes(Uint8Array.from(value));
  }
  const { cursor, writer, text } = opened(bytes.done().slice(), "sql");
  new JsonColumn(4).printPartial(cursor, writer, "@3");
  return text();
}

Deno.test("an insert into an array is JSON_ARRAY_INSERT, a member's JSON_INSERT", () => {
  const seven = [5, 7, 0];
  const { REPLACE, INSERT, REMOVE } = JSON_DIFF;
  assertEquals(partial([[INSERT, "$[2]", seven]]), "JSON_ARRAY_INSERT(@3, '$[2]', 7)");
  assertEquals(partial([[INSERT, '$."k]"', seven]]), "JSON_INSERT(@3, '$.\"k]\"', 7)");
  assertEquals(
    partial([
      [REPLACE, "$.a[0]", seven],
      [INSERT, "$.b", seven],
      [INSERT, "$.a[1]", seven],
      [INSERT, "$.a[2]", seven],
      [REMOVE, "$.c", []],
    ]),
    "JSON_REMOVE(JSON_ARRAY_INSERT(JSON_INSERT(JSON_REPLACE(@3, '$.a[0]', 7), '$.b', 7), " +
      "'$.a[1]', 7, '$.a[2]', 7), '$.c')",
  );
});

Deno.test("a partial update over 16 MiB is written whole where that is asked for", () => {
  const update = new Uint8Array(VALUE_SHOWN_MAX + 1);
  for (const full of [true, false]) {
    const { cursor, writer, text } = opened(update, "sql", full);
    new JsonColumn(4).printPartial(cursor, writer, "@3");
    assertEquals(text().length > 2 * VALUE_SHOWN_MAX, full);
    assertEquals(cursor.done, true);
  }
});
