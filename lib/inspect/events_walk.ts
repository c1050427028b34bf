import { EVENT_TYPE, eventTypeName } from "../binlog/event_type.ts";
import { isMariadbVersion } from "../binlog/format_description_event.ts";
import { rowsForm } from "../binlog/rows_event.ts";
import { FormatError } from "../errors.ts";
import { PayloadEvents } from "./event_payload.ts";
import type { EventView } from "./event_view.ts";
import { RowReader } from "./row_reader.ts";
import type { RowTable } from "./row_table.ts";
import { RowTables } from "./row_tables.ts";

/** What is known around an event, for those who print it. One object, filled again and again. */
export interface EventContext {
  flavour: "mysql" | "mariadb";
  /** Whether the event lies inside a compressed transaction. */
  nested: boolean;
  /** Where a nested event begins in the unpacked payload. */
  payloadOffset: number;
  /** The table of a TABLE_MAP_EVENT, or of a row event of which it was seen. */
  table: RowTable | undefined;
  /** Opened at the rows of a row event whose table is known. */
  rows: RowReader;
  /** What is wrong with the body, where it can't be read. */
  problem: string | undefined;
}

/** Takes the events that are wanted. */
export interface EventVisitor {
  /**
   * Takes an event. May use up its parts, unless {@link keepsPayload} says that it leaves those of a
   * TRANSACTION_PAYLOAD_EVENT alone.
   */
  event(event: EventView, context: EventContext): void;
  /** Whether events inside of compressed transactions can be shown after the event itself. */
  readonly keepsPayload: boolean;
}

/** Decides which events are shown. */
export interface EventChoice {
  /** Called for each event in file order, nested ones too. */
  wants(event: EventView, context: EventContext): boolean;
}

/** What went wrong inside an event, for a line of text. */
export function problemText(error: unknown): string {
  if (!(error instanceof FormatError)) throw error;
  return error.message;
}

/**
 * Takes events in file order, unpacks compressed transactions, knows the tables of row events, and shows
 * what is chosen. A body that can't be read does not end the walk: the event is shown with its problem.
 */
export class EventWalk {
  readonly #visitor: EventVisitor;
  readonly #choice: EventChoice | undefined;
  readonly #tables = new RowTables();
  /** Made when it is needed, since it takes a window of memory. */
  #payload: PayloadEvents | undefined;
  readonly #context: EventContext = {
    flavour: "mysql",
    nested: false,
    payloadOffset: 0,
    table: undefined,
    rows: new RowReader(),
    problem: undefined,
  };
  #version: string | undefined;
  /** Bodies that could not be read. */
  problems = 0;

  constructor(visitor: EventVisitor, choice?: EventChoice) {
    this.#visitor = visitor;
    this.#choice = choice;
  }

  /** Another file begins. */
  begin(): void {
    this.#tables.clear();
  }

  /** Takes the event on which the scanner stands. */
  take(event: EventView): void {
    const context = this.#context;
    const version = event.format?.serverVersion;
    if (version !== this.#version) {
      this.#version = version;
      context.flavour = isMariadbVersion(version ?? "") ? "mariadb" : "mysql";
    }
    context.nested = false;
    const shown = this.#show(event);
    if (event.eventType !== EVENT_TYPE.TRANSACTION_PAYLOAD_EVENT) return;
    if (!shown || event.whole || this.#visitor.keepsPayload) this.#nested(event);
  }

  #nested(event: EventView): void {
    const context = this.#context;
    const payload = this.#payload ??= new PayloadEvents();
    context.nested = true;
    try {
      payload.begin(event);
      while (payload.next()) {
        context.payloadOffset = payload.payloadOffset;
        this.#show(payload);
      }
    } catch (error) {
      context.nested = false;
      context.table = undefined;
      context.problem = problemText(error);
      this.problems++;
      if (!this.#choice || this.#choice.wants(event, context)) this.#visitor.event(event, context);
    }
    context.nested = false;
  }

  #show(event: EventView): boolean {
    const context = this.#context;
    context.table = undefined;
    context.problem = undefined;
    try {
      if (event.eventType === EVENT_TYPE.TABLE_MAP_EVENT) {
        context.table = this.#tables.take(event, context.flavour);
      } else if (rowsForm(event.eventType)) {
        const { tableId, columnCount } = context.rows.open(event);
        context.table = this.#tables.get(tableId);
        if (!context.table && columnCount > 0) {
          context.problem = `no table map of table_id ${tableId} was seen before`;
        }
      }
    } catch (error) {
      context.problem = problemText(error);
    }
    if (this.#choice && !this.#choice.wants(event, context)) return false;
    this.#visitor.event(event, context);
    if (context.problem !== undefined) this.problems++;
    return true;
  }

  /** Name of what an event is about, for progress lines. */
  static describe(event: EventView): string {
    return `${event.file}:${event.position} ${eventTypeName(event.eventType)}`;
  }
}
