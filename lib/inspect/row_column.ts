import type { RowCursor } from "./row_cursor.ts";
import type { ValueWriter } from "./row_value_writer.ts";

/** Reads the values of one column of a table. */
export interface RowColumn {
  /** Such as `VARCHAR(300)`. */
  readonly typeName: string;
  /** Writes the value at the cursor and moves on. */
  print(cursor: RowCursor, writer: ValueWriter): void;
  /** Passes over the value at the cursor. */
  skip(cursor: RowCursor): void;
}

/** A column of MySQL's JSON, whose values may be partial updates. */
export interface RowJsonColumn extends RowColumn {
  /** Writes the partial update at the cursor; `column` is what the column is called. */
  printPartial(cursor: RowCursor, writer: ValueWriter, column: string): void;
}
