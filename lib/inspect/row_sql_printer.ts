import type { RowsKind } from "../binlog/rows_event.ts";
import type { TextOutput } from "../binlog/values/text_output.ts";
import type { RowJsonColumn } from "./row_column.ts";
import { NULLS_SIZE, type RowReader } from "./row_reader.ts";
import { quoteName, type RowTable } from "./row_table.ts";
import { ValueWriter } from "./row_value_writer.ts";

const NEWLINE = 0x0a;
const UTF8 = new TextEncoder();
const STATEMENTS = {
  insert: ["INSERT INTO", "SET"],
  update: ["UPDATE", "WHERE"],
  delete: ["DELETE FROM", "WHERE"],
} as const;

/** What stands before the value of each column: a newline and `###   @1=`. */
interface Prefixes {
  table: RowTable;
  /** The lines before the columns of a row. */
  first: Record<RowsKind, Uint8Array>;
  lines: Uint8Array[];
  /** With -vv: what stands behind the value. */
  types: Uint8Array[] | undefined;
  typesNull: Uint8Array[] | undefined;
}

/**
 * Prints rows as pseudo-SQL, in the notation of mysqlbinlog -v: each line behind ###, a column a line,
 * named by number or, where the table map has names, by name. With `types` each value is followed by
 * its type.
 */
export class RowSqlPrinter {
  readonly #out: TextOutput;
  readonly #writer: ValueWriter;
  readonly #types: boolean;
  #prefixes: Prefixes | undefined;
  /** The bitmap of the current image, which the cursor may leave behind. */
  readonly #nulls = new Uint8Array(NULLS_SIZE);

  constructor(out: TextOutput, options: { types: boolean; fullValues: boolean }) {
    this.#out = out;
    this.#types = options.types;
    this.#writer = new ValueWriter(out, { quoting: "sql", fullValues: options.fullValues });
  }

  /** Prints all rows of the event that the reader has opened; returns how many there are. */
  print(reader: RowReader, table: RowTable): number {
    reader.checkTable(table);
    const head = reader.head!;
    const prefixes = this.#prefixesOf(table);
    const first = prefixes.first[head.kind];
    const { before, after } = reader.images;
    const update = head.kind === "update";
    let rows = 0;
    while (!reader.cursor.done) {
      this.#out.bytes(first);
      this.#image(reader, prefixes, before, undefined);
      if (update) {
        this.#out.ascii("\n### SET");
        const partial = head.partial ? reader.partialColumns(table) : undefined;
        this.#image(reader, prefixes, after, partial);
      }
      this.#out.byte(NEWLINE);
      rows++;
    }
    return rows;
  }

  #prefixesOf(table: RowTable): Prefixes {
    if (this.#prefixes?.table === table) return this.#prefixes;
    const lines = table.labels.map((label) => UTF8.encode(`\n###   ${label}=`));
    const comment = (isNull: 0 | 1): Uint8Array[] =>
      table.columns.map(({ typeName }, i) => {
        const { rawMetadata, nullable } = table.map.columns[i]!;
        const flags = `nullable=${nullable ? 1 : 0} is_null=${isNull}`;
        return UTF8.encode(` /* ${typeName} meta=${rawMetadata} ${flags} */`);
      });
    const name = `${quoteName(table.database)}.${quoteName(table.table)}`;
    const first = (kind: RowsKind): Uint8Array => {
      const [statement, clause] = STATEMENTS[kind];
      return UTF8.encode(`### ${statement} ${name}\n### ${clause}`);
    };
    this.#prefixes = {
      table,
      first: { insert: first("insert"), update: first("update"), delete: first("delete") },
      lines,
      types: this.#types ? comment(0) : undefined,
      typesNull: this.#types ? comment(1) : undefined,
    };
    return this.#prefixes;
  }

  #image(
    reader: RowReader,
    prefixes: Prefixes,
    present: number[],
    partial: Set<number> | undefined,
  ): void {
    const { cursor } = reader;
    const out = this.#out;
    const { lines, types, typesNull, table } = prefixes;
    const { columns } = table;
    const nulls = this.#nulls;
    const size = (present.length + 7) >> 3;
    cursor.need(size);
    for (let i = 0; i < size; i++) nulls[i] = cursor.bytes[cursor.at + i]!;
    cursor.at += size;
    for (let i = 0; i < present.length; i++) {
      const index = present[i]!;
      const isNull = (nulls[i >> 3]! & (1 << (i & 7))) !== 0;
      out.bytes(lines[index]!);
      if (isNull) out.ascii("NULL");
      else if (partial?.has(index)) {
        (columns[index]! as RowJsonColumn).printPartial(cursor, this.#writer, table.labels[index]!);
      } else columns[index]!.print(cursor, this.#writer);
      if (types) out.bytes(isNull ? typesNull![index]! : types[index]!);
    }
  }
}
