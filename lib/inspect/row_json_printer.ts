import { writeQuoted } from "../binlog/values/escape.ts";
import { TextOutput } from "../binlog/values/text_output.ts";
import { FormatError } from "../errors.ts";
import type { RowJsonColumn } from "./row_column.ts";
import { NULLS_SIZE, type RowReader } from "./row_reader.ts";
import type { RowTable } from "./row_table.ts";
import { ValueWriter } from "./row_value_writer.ts";

/**
 * Prints rows as a JSON list: {"after": {…}} for an insert, {"before": {…}} for a delete, both for an
 * update; columns by name where the table map has names, else "@1" and so on.
 */
export class RowJsonPrinter {
  readonly #out: TextOutput;
  readonly #writer: ValueWriter;
  readonly #nulls = new Uint8Array(NULLS_SIZE);
  #table: RowTable | undefined;
  #keys: Uint8Array[] = [];

  constructor(out: TextOutput, options: { fullValues: boolean }) {
    this.#out = out;
    this.#writer = new ValueWriter(out, { quoting: "json", fullValues: options.fullValues });
  }

  /** What was wrong where {@link print} ended before the last row; the list it wrote is closed. */
  problem: FormatError | undefined;

  /** Prints all rows of the event that the reader has opened; returns how many there are. */
  print(reader: RowReader, table: RowTable): number {
    this.problem = undefined;
    reader.checkTable(table);
    if (this.#table !== table) {
      this.#table = table;
      this.#keys = table.names.map(keyBytes);
    }
    const head = reader.head!;
    const { before, after } = reader.images;
    const out = this.#out;
    let rows = 0;
    while (!reader.cursor.done && !this.problem) {
      if (rows++ > 0) out.ascii(",");
      out.ascii(head.kind === "insert" ? '{"after":' : '{"before":');
      this.#image(reader, table, before, false);
      if (head.kind === "update" && !this.problem) {
        out.ascii(',"after":');
        this.#image(reader, table, after, head.partial);
      }
      out.ascii("}");
    }
    return rows;
  }

  /** Writes one image; where it can't be read it ends with what could be. */
  #image(reader: RowReader, table: RowTable, present: number[], partial: boolean): void {
    const out = this.#out;
    out.ascii("{");
    try {
      this.#values(reader, table, present, partial);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.problem = error;
    }
    out.ascii("}");
  }

  #values(reader: RowReader, table: RowTable, present: number[], partial: boolean): void {
    const { cursor } = reader;
    const out = this.#out;
    const nulls = this.#nulls;
    const updates = partial ? reader.partialColumns(table) : undefined;
    const size = (present.length + 7) >> 3;
    cursor.need(size);
    for (let i = 0; i < size; i++) nulls[i] = cursor.bytes[cursor.at + i]!;
    cursor.at += size;
    for (let i = 0; i < present.length; i++) {
      const index = present[i]!;
      if (i > 0) out.ascii(",");
      out.bytes(this.#keys[index]!);
      try {
        if (nulls[i >> 3]! & (1 << (i & 7))) this.#writer.null();
        else if (updates?.has(index)) {
          const column = table.columns[index]! as RowJsonColumn;
          column.printPartial(cursor, this.#writer, table.labels[index]!);
        } else table.columns[index]!.print(cursor, this.#writer);
      } catch (error) {
        // Columns write nothing before they know that the value is there and sound.
        this.#writer.null();
        throw error;
      }
    }
  }
}

function keyBytes(name: string): Uint8Array {
  const out = new TextOutput(undefined, 64);
  writeQuoted(out, name, "json");
  return out.ascii(":").written.slice();
}
