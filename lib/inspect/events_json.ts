import { EVENT_FLAG, EVENT_HEADER_SIZE } from "../binlog/event_header.ts";
import { eventTypeName } from "../binlog/event_type.ts";
import { rowsForm } from "../binlog/rows_event.ts";
import { jsonText } from "../binlog/values/json_text.ts";
import type { TextOutput } from "../binlog/values/text_output.ts";
import { ByteReader } from "../bytes/byte_reader.ts";
import { type EventFields, eventFields } from "./event_fields.ts";
import { rowsFlagNames } from "./event_info.ts";
import { toJson } from "./event_json.ts";
import type { EventView } from "./event_view.ts";
import { type EventContext, type EventVisitor, problemText } from "./events_walk.ts";
import { RowJsonPrinter } from "./row_json_printer.ts";
import { bitIndexes } from "./row_reader.ts";

const CLOSE = "}}\n";
/** Bytes of a body that is not decoded, or not at hand whole, beyond which they are left out. */
const BODY_MAX = 64 * 1024;

/** Prints each event as one JSON object in a line; see docs/events.md for its keys. */
export class EventJson implements EventVisitor {
  readonly keepsPayload = true;
  readonly #out: TextOutput;
  readonly #rows: RowJsonPrinter;

  constructor(out: TextOutput, options: { fullValues: boolean }) {
    this.#out = out;
    this.#rows = new RowJsonPrinter(out, options);
  }

  event(event: EventView, context: EventContext): void {
    const out = this.#out;
    const head = jsonText(headKeys(event, context)).slice(0, -1);
    out.text(head).ascii(',"fields":{');
    const problem = context.problem ?? this.#body(event, context);
    if (problem === undefined) {
      out.ascii(CLOSE);
      return;
    }
    context.problem = problem;
    out.ascii("}").text(`,"error":${jsonText(problem)}}`).byte(0x0a);
  }

  /** Writes the fields without braces; what is wrong with them, where something is. */
  #body(event: EventView, context: EventContext): string | undefined {
    try {
      if (rowsForm(event.eventType)) this.#rowsBody(context);
      else {
        const size = Math.min(event.headSize, event.eventSize - event.checksumSize);
        const reader = new ByteReader(event.head.subarray(0, size), EVENT_HEADER_SIZE);
        const fields = eventFields(event, reader, context.flavour);
        this.#fields(withoutLongBody(fields));
      }
      return undefined;
    } catch (error) {
      return problemText(error);
    }
  }

  #fields(fields: EventFields): void {
    this.#out.text(jsonText(toJson(fields)).slice(1, -1));
  }

  #rowsBody({ rows, table }: EventContext): void {
    const out = this.#out;
    const { tableId, flags, extra, columnCount, columns, columnsAfter, compressed } = rows.head!;
    const before = bitIndexes(columns, columnCount).map((i) => i + 1);
    const after = columnsAfter && bitIndexes(columnsAfter, columnCount).map((i) => i + 1);
    this.#fields({
      tableId,
      rowsFlags: flags,
      rowsFlagNames: rowsFlagNames(flags),
      ...(table ? { database: table.database, table: table.table } : {}),
      columnCount,
      ...(before.length === columnCount ? {} : { columnsPresent: before }),
      ...(!after || after.length === columnCount ? {} : { columnsUpdated: after }),
      ...(extra.length > 0 ? { extraData: extra } : {}),
      ...(compressed ? { compressed } : {}),
    });
    if (!table) return;
    out.ascii(',"rows":[');
    const count = this.#rows.print(rows, table);
    out.ascii(`],"row_count":${count}`);
    if (this.#rows.problem) throw this.#rows.problem;
  }
}

function withoutLongBody(fields: EventFields): EventFields {
  const { body } = fields;
  if (!(body instanceof Uint8Array) || body.length <= BODY_MAX) return fields;
  return { ...fields, body: body.subarray(0, BODY_MAX), bodyCutOff: true };
}

const FLAGS = Object.entries(EVENT_FLAG);

function headKeys(event: EventView, context: EventContext): Record<string, unknown> {
  const { checksumSize, whole, flags, timestamp } = event;
  return {
    file: event.file,
    position: event.position,
    end_position: event.endPosition,
    size: event.eventSize,
    type: eventTypeName(event.eventType),
    type_code: event.eventType,
    timestamp,
    time: timestamp === 0 ? null : new Date(timestamp * 1000).toISOString(),
    server_id: event.serverId,
    log_pos: event.logPos,
    flags,
    flag_names: FLAGS.filter(([, bit]) => flags & bit).map(([name]) => name),
    ...(checksumSize > 0 && whole ? { checksum: checksumText(event) } : {}),
    nested: context.nested,
    ...(context.nested ? { payload_offset: context.payloadOffset } : {}),
  };
}

function checksumText(event: EventView): string {
  const at = event.offset + event.eventSize - event.checksumSize;
  let value = 0;
  for (let i = 3; i >= 0; i--) value = value * 256 + event.buffer[at + i]!;
  return `0x${value.toString(16).padStart(8, "0")}`;
}
