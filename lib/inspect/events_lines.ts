import { eventTypeName } from "../binlog/event_type.ts";
import { ROWS_FLAG, rowsForm } from "../binlog/rows_event.ts";
import { printable } from "../binlog/values/printable.ts";
import type { TextOutput } from "../binlog/values/text_output.ts";
import { eventDetails } from "./event_details.ts";
import { EventHex } from "./event_hex.ts";
import type { EventView } from "./event_view.ts";
import { type EventContext, type EventVisitor, problemText } from "./events_walk.ts";
import { formatTime } from "./format_time.ts";
import { RowSqlPrinter } from "./row_sql_printer.ts";

const POSITION_WIDTH = 10;
const TYPE_WIDTH = 26;
const SERVER_WIDTH = 4;
const SIZE_WIDTH = 9;
const MICROSECONDS = 1e6;

function problemLine(problem: string): string {
  return `!! cannot be decoded: ${printable(problem)}\n`;
}

/** Settings of {@link EventLines}. */
export interface EventLinesOptions {
  utc: boolean;
  /** 0: lines only; 1: rows as pseudo-SQL below them; 2: with the types of their columns. */
  verbose: number;
  fullValues: boolean;
  /** Print the bytes below each line. */
  hex: boolean;
  /** With hex: the packets of a source, not only the events in them. */
  packets: boolean;
  /** Put a line with the name of the file before its first event. */
  heads: boolean;
}

/**
 * Prints a line for each event: position, time, type, server_id, size, end position and what matters in
 * it; with `verbose` the rows of row events below it. Events inside a compressed transaction are
 * indented, and have their place in it instead of a position.
 */
export class EventLines implements EventVisitor {
  readonly keepsPayload: boolean;
  readonly #out: TextOutput;
  readonly #options: EventLinesOptions;
  readonly #rows: RowSqlPrinter;
  readonly #hex: EventHex | undefined;
  #second = -1;
  #secondText = "";
  #file: string | undefined;

  constructor(out: TextOutput, options: EventLinesOptions) {
    this.#out = out;
    this.#options = options;
    this.#hex = options.hex ? new EventHex(out, options) : undefined;
    this.keepsPayload = !options.hex;
    this.#rows = new RowSqlPrinter(out, {
      types: options.verbose > 1,
      fullValues: options.fullValues,
    });
  }

  event(event: EventView, context: EventContext): void {
    const out = this.#out;
    if (event.file !== this.#file) {
      this.#file = event.file;
      if (this.#options.heads) out.ascii("# ").text(printable(event.file)).byte(0x0a);
    }
    this.#line(event, context);
    if (context.problem === undefined) this.#rest(event, context);
    else out.ascii("  ").text(problemLine(context.problem));
    this.#hex?.print(event, context);
  }

  /** What matters in the event, and its rows. */
  #rest(event: EventView, context: EventContext): void {
    const out = this.#out;
    let inLine = true;
    try {
      if (!rowsForm(event.eventType)) {
        const details = eventDetails(event, context.flavour);
        out.ascii("  ").text(printable(details)).byte(0x0a);
      } else if (this.#hex || this.#options.verbose > 0) {
        this.#rowsLine(context);
        out.byte(0x0a);
        inLine = false;
        if (context.table && !this.#hex) this.#rows.print(context.rows, context.table);
      } else {
        const count = context.table ? context.rows.countRows(context.table) : 0;
        this.#rowsLine(context, count);
        out.byte(0x0a);
      }
    } catch (error) {
      context.problem = problemText(error);
      out.ascii(inLine ? "  " : "\n").text(problemLine(context.problem));
    }
  }

  #line(event: EventView, { nested, payloadOffset }: EventContext): void {
    const out = this.#out;
    const name = eventTypeName(event.eventType);
    if (nested) {
      const offset = `+${payloadOffset}`;
      out.fill(POSITION_WIDTH - offset.length).ascii(offset);
    } else out.right(event.position, POSITION_WIDTH);
    out.ascii("  ").ascii(this.#time(event.timestamp)).ascii("  ");
    if (nested) out.ascii("  ");
    out.left(name, TYPE_WIDTH - (nested ? 2 : 0)).right(event.serverId, SERVER_WIDTH)
      .byte(0x20).right(event.eventSize, SIZE_WIDTH).byte(0x20).right(
        event.endPosition,
        POSITION_WIDTH,
      );
  }

  #time(seconds: number): string {
    if (seconds !== this.#second) {
      this.#second = seconds;
      const text = formatTime(seconds * MICROSECONDS, this.#options.utc);
      // Artificial events and heartbeats have no time.
      this.#secondText = seconds === 0 ? "-".padStart(text.length) : text;
    }
    return this.#secondText;
  }

  /** `db.table: 3 rows, end of statement`. */
  #rowsLine({ table, rows }: EventContext, count?: number): void {
    const out = this.#out;
    const { tableId, flags } = rows.head!;
    out.ascii("  ");
    if (table) out.text(printable(`${table.database}.${table.table}`));
    else out.ascii(`table_id=${tableId}`);
    if (count !== undefined && table) out.ascii(count === 1 ? ": 1 row" : `: ${count} rows`);
    if (flags & ROWS_FLAG.STMT_END_F) out.ascii(", end of statement");
  }
}
