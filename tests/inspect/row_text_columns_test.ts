import { assertEquals } from "@std/assert";
import { TextOutput } from "../../lib/binlog/values/text_output.ts";
import { RowCursor } from "../../lib/inspect/row_cursor.ts";
import { CompressedTextColumn } from "../../lib/inspect/row_text_columns.ts";
import { ValueWriter } from "../../lib/inspect/row_value_writer.ts";

Deno.test("a COMPRESSED value over 16 MiB is no text, whatever is packed in it", () => {
  const size = 16 * 1024 * 1024 + 1;
  const value = new Uint8Array(4 + size).fill(0xff);
  new DataView(value.buffer).setUint32(0, size, true);
  for (const fullValues of [true, false]) {
    const cursor = new RowCursor();
    cursor.beginBytes(value);
    const out = new TextOutput(undefined, 1024);
    const writer = new ValueWriter(out, { quoting: "sql", fullValues });
    new CompressedTextColumn("BLOB/TEXT COMPRESSED", 4, "utf8mb4").print(cursor, writer);
    const start = new TextDecoder().decode(out.written.subarray(0, 6));
    assertEquals(start, "x'ffff");
  }
});
