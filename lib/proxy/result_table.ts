import { plainText } from "./plain_text.ts";

/** Characters of a value shown in a table. */
const CELL_MAX = 80;
const COLUMNS_MAX = 64;

/** The rows of a result set, as many as are shown: rows, columns and cells are cut at limits. */
export class ResultTable {
  readonly #rowsMax: number;
  columns: string[] = [];
  #rows: string[][] = [];
  /** Rows seen, shown or not. */
  rowCount = 0;

  constructor(rowsMax: number) {
    this.#rowsMax = rowsMax;
  }

  column(name: string): void {
    if (this.columns.length < COLUMNS_MAX) this.columns.push(plainText(name, CELL_MAX));
  }

  /** Whether the next row would be shown. */
  get wantsRow(): boolean {
    return this.rowCount < this.#rowsMax;
  }

  /** Counts a row, and keeps it where it is shown; undefined: its values can't be read. */
  row(values: (string | null)[] | undefined): void {
    if (this.wantsRow && values) {
      this.#rows.push(
        values.slice(0, COLUMNS_MAX).map((value) =>
          value === null ? "NULL" : plainText(value, CELL_MAX)
        ),
      );
    }
    this.rowCount++;
  }

  /** Forgets everything, for the next result set. */
  clear(): void {
    this.columns = [];
    this.#rows = [];
    this.rowCount = 0;
  }

  /** The table in lines, with a line for rows that were left out. */
  render(): string[] {
    if (this.#rows.length === 0) return [];
    const widths = this.columns.map((name, i) =>
      Math.max(name.length, ...this.#rows.map((row) => (row[i] ?? "").length))
    );
    const line = (cells: string[]): string =>
      `| ${widths.map((width, i) => (cells[i] ?? "").padEnd(width)).join(" | ")} |`;
    const rule = `+${widths.map((width) => "-".repeat(width + 2)).join("+")}+`;
    const lines = [rule, line(this.columns), rule, ...this.#rows.map(line), rule];
    const more = this.rowCount - this.#rows.length;
    if (more > 0) lines.push(`${more} more rows`);
    return lines;
  }
}
