import { TextOutput } from "../binlog/values/text_output.ts";
import { FormatError } from "../errors.ts";
import type { FieldMark } from "./event_field_reader.ts";
import type { EventView } from "./event_view.ts";
import type { EventContext } from "./events_walk.ts";
import type { RowTable } from "./row_table.ts";
import { ValueWriter } from "./row_value_writer.ts";

const VALUE_MAX = 40;
const MARKS_MAX = 10_000;
const TEXT = new TextDecoder();

/** Marks the null bitmaps and values of the rows of an event that is at hand whole. */
export class RowMarker {
  readonly #out = new TextOutput(undefined, 4096);
  readonly #writer = new ValueWriter(this.#out, { quoting: "sql", fullValues: false });

  /** Marks of the rows, which begin `start` bytes behind the event's beginning. */
  marks(event: EventView, context: EventContext, start: number): FieldMark[] {
    const { rows, table } = context;
    const size = event.eventSize - event.checksumSize - start;
    if (!event.whole || !table || rows.head?.compressed) {
      const name = rows.head?.compressed ? "compressed_rows" : "rows";
      return [{ name, offset: start, size, value: "" }];
    }
    const marks: FieldMark[] = [];
    try {
      rows.checkTable(table);
      while (!rows.cursor.done && marks.length < MARKS_MAX) this.#row(event, context, table, marks);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
    return marks;
  }

  #row(event: EventView, { rows }: EventContext, table: RowTable, marks: FieldMark[]): void {
    const head = rows.head!;
    const images = head.kind === "update" ? ["before", "after"] as const : ["before"] as const;
    for (const image of images) {
      const { cursor } = rows;
      const mark = (name: string, from: number, value: string): void => {
        const offset = from - event.offset;
        marks.push({ name, offset, size: cursor.at - from, value });
      };
      let from = cursor.at;
      const partial = image === "after" && head.partial ? rows.partialColumns(table) : undefined;
      if (image === "after" && head.partial) mark("value_options", from, "");
      const present = rows.images[image];
      const size = (present.length + 7) >> 3;
      cursor.need(size);
      from = cursor.at;
      const nulls = cursor.bytes.slice(from, from + size);
      cursor.at += size;
      mark(head.kind === "update" ? `null_bits_${image}` : "null_bits", from, "");
      for (const [i, index] of present.entries()) {
        if (nulls[i >> 3]! & (1 << (i & 7))) continue;
        from = cursor.at;
        this.#out.clear();
        if (partial?.has(index)) table.columns[index]!.skip(cursor);
        else table.columns[index]!.print(cursor, this.#writer);
        const text = TEXT.decode(this.#out.written);
        const value = text.length > VALUE_MAX ? `${text.slice(0, VALUE_MAX)}…` : text;
        mark(table.names[index]!, from, value);
      }
    }
  }
}
