import { decodeEventHeader, EVENT_HEADER_SIZE } from "../binlog/event_header.ts";
import { EVENT_TYPE, eventTypeName } from "../binlog/event_type.ts";
import { decodeRowsHead, rowsForm } from "../binlog/rows_event.ts";
import type { TextOutput } from "../binlog/values/text_output.ts";
import { ByteReader } from "../bytes/byte_reader.ts";
import { FormatError } from "../errors.ts";
import { eventFields } from "./event_fields.ts";
import { type FieldMark, FieldMarkReader } from "./event_field_reader.ts";
import type { EventView } from "./event_view.ts";
import type { EventContext } from "./events_walk.ts";
import { HexRows } from "./hex_rows.ts";
import { RowMarker } from "./row_marker.ts";

/** Fields of a packet's header, and of the byte that says what follows. */
function packetMarks(head: Uint8Array): FieldMark[] {
  const reader = new FieldMarkReader(head);
  reader.u24("payload_length");
  reader.u8("sequence_id");
  reader.u8("status");
  return reader.marks;
}

/** The single bytes of numbers of variable length say something else than the number. */
function hidePackedNumbers(marks: FieldMark[]): void {
  for (const mark of marks) {
    if (mark.offset >= EVENT_HEADER_SIZE && mark.name !== "tag") mark.value = "";
  }
}

/**
 * Prints the bytes of events, 16 to a row: place in the file, hex digits, printable characters, and the
 * names and values of the fields that begin in the row. A `|` stands where a field begins.
 */
export class EventHex {
  readonly #rows: HexRows;
  readonly #marker = new RowMarker();
  readonly #packets: boolean;

  /** With `packets` the bytes of the packets that brought the events. */
  constructor(out: TextOutput, options: { packets: boolean }) {
    this.#rows = new HexRows(out);
    this.#packets = options.packets;
  }

  /** Prints all bytes of an event; of a large one only the fields at its beginning are marked. */
  print(event: EventView, context: EventContext): void {
    const rows = this.#rows;
    const marks = this.#marks(event, context);
    const { packetHead } = event;
    if (this.#packets && packetHead && !context.nested) {
      const size = packetHead.length;
      const moved = marks.map((mark) => ({ ...mark, offset: mark.offset + size }));
      rows.begin(0, [...packetMarks(packetHead), ...moved]);
      rows.take(packetHead);
    } else rows.begin(context.nested ? context.payloadOffset : event.position, marks);
    rows.take(event.head);
    if (!event.whole) {
      for (let part = event.nextPart(); part; part = event.nextPart()) rows.take(part);
    }
    rows.end();
  }

  #marks(event: EventView, context: EventContext): FieldMark[] {
    const bodyEnd = Math.min(event.headSize, event.eventSize - event.checksumSize);
    const reader = new FieldMarkReader(event.head.subarray(0, bodyEnd));
    decodeEventHeader(reader);
    const type = reader.marks.find(({ name }) => name === "event_type");
    if (type) type.value = `${event.eventType} ${eventTypeName(event.eventType)}`;
    const marks = reader.marks;
    try {
      if (rowsForm(event.eventType)) {
        decodeRowsHead(reader, event.eventType);
        marks.push(...this.#marker.marks(event, context, reader.offset));
      } else eventFields(event, reader, context.flavour);
      if (event.eventType === EVENT_TYPE.GTID_TAGGED_LOG_EVENT) hidePackedNumbers(marks);
    } catch (error) {
      // What could be read is marked, the rest stands as it is.
      if (!(error instanceof FormatError)) throw error;
    }
    if (event.whole && event.checksumSize > 0) {
      const offset = event.eventSize - event.checksumSize;
      const stored = new ByteReader(event.head, offset).u32("checksum");
      const value = `0x${stored.toString(16).padStart(8, "0")}`;
      marks.push({ name: "checksum", offset, size: event.checksumSize, value });
    }
    return marks;
  }
}
