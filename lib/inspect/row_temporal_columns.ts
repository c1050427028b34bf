import {
  fractionSize,
  writeDate3,
  writeDatetime2,
  writeDatetime8,
  writeTime2,
  writeTime3,
  writeTimestamp2,
} from "../binlog/values/temporal.ts";
import type { RowColumn } from "./row_column.ts";
import type { RowCursor } from "./row_cursor.ts";
import type { ValueWriter } from "./row_value_writer.ts";

/** What a temporal column is called, how many bytes it has, how it is written. */
interface TemporalForm {
  typeName: string;
  size: number;
  /** TIMESTAMP and YEAR are numbers, the others are between quotes. */
  quoted: boolean;
  write(cursor: RowCursor, writer: ValueWriter): void;
}

/** DATE, TIME, DATETIME, TIMESTAMP and YEAR, of before 5.6 and since. */
export class TemporalColumn implements RowColumn {
  readonly typeName: string;
  readonly #form: TemporalForm;

  constructor(form: TemporalForm) {
    this.#form = form;
    this.typeName = form.typeName;
  }

  print(cursor: RowCursor, writer: ValueWriter): void {
    const { size, quoted } = this.#form;
    cursor.need(size);
    if (quoted) writer.quote();
    else writer.jsonQuote();
    this.#form.write(cursor, writer);
    if (quoted) writer.quote();
    else writer.jsonQuote();
    cursor.at += size;
  }

  skip(cursor: RowCursor): void {
    cursor.skip(this.#form.size);
  }
}

/** DATE. */
export function dateColumn(): RowColumn {
  return new TemporalColumn({
    typeName: "DATE",
    size: 3,
    quoted: true,
    write: ({ bytes, at }, { out }) => writeDate3(out, bytes, at),
  });
}

/** YEAR: one byte, years since 1900; 0 is 0000. */
export function yearColumn(): RowColumn {
  return new TemporalColumn({
    typeName: "YEAR",
    size: 1,
    quoted: false,
    write: ({ bytes, at }, { out }) => {
      const value = bytes[at]!;
      out.padded(value === 0 ? 0 : 1900 + value, 4);
    },
  });
}

/** TIME, DATETIME and TIMESTAMP of before 5.6. */
export function oldTemporalColumn(kind: "TIME" | "DATETIME" | "TIMESTAMP"): RowColumn {
  return new TemporalColumn({
    typeName: kind,
    size: kind === "TIME" ? 3 : kind === "DATETIME" ? 8 : 4,
    quoted: kind !== "TIMESTAMP",
    write: ({ bytes, view, at }, { out }) => {
      if (kind === "TIME") writeTime3(out, bytes, at);
      else if (kind === "DATETIME") writeDatetime8(out, view, at);
      else out.integer(view.getUint32(at, true));
    },
  });
}

/** TIME(n), DATETIME(n) and TIMESTAMP(n). */
export function temporalColumn(
  kind: "TIME" | "DATETIME" | "TIMESTAMP",
  digits: number,
): RowColumn {
  const whole = kind === "TIME" ? 3 : kind === "DATETIME" ? 5 : 4;
  return new TemporalColumn({
    typeName: `${kind}(${digits})`,
    size: whole + fractionSize(digits),
    quoted: kind !== "TIMESTAMP",
    write: ({ bytes, at }, { out }) => {
      if (kind === "TIME") writeTime2(out, bytes, at, digits);
      else if (kind === "DATETIME") writeDatetime2(out, bytes, at, digits);
      else writeTimestamp2(out, bytes, at, digits);
    },
  });
}
