import { concat } from "@std/bytes";
import { BINLOG_MAGIC, EVENT_FLAG } from "../lib/binlog/event_header.ts";
import { EVENT_TYPE } from "../lib/binlog/event_type.ts";
import { encodeFormatDescriptionEvent } from "../lib/binlog/format_description_event.ts";
import { encodeRotateEvent } from "../lib/binlog/rotate_event.ts";
import { ByteWriter } from "../lib/bytes/byte_writer.ts";
import { crc32 } from "../lib/bytes/crc32.ts";
import { encodePacket } from "../lib/protocol/packet.ts";

/** Builds the events of one binlog file, with positions and CRCs as a server writes them. */
export class FileBuilder {
  readonly name: string;
  readonly events: Uint8Array[] = [];
  position = BINLOG_MAGIC.length;
  readonly checksum: boolean;
  timestamp = 1_700_000_000;

  constructor(name: string, checksum = true) {
    this.name = name;
    this.checksum = checksum;
  }

  /** Appends an event of the file. */
  add(type: number, body: Uint8Array, flags = 0): this {
    const forced = type === EVENT_TYPE.FORMAT_DESCRIPTION_EVENT;
    const event = makeEvent({
      type,
      body,
      flags,
      timestamp: this.timestamp,
      end: this.position,
      checksum: this.checksum || forced,
    });
    this.events.push(event);
    this.position += event.length;
    return this;
  }

  format(version = "9.7.4"): this {
    return this.add(
      EVENT_TYPE.FORMAT_DESCRIPTION_EVENT,
      encodeFormatDescriptionEvent({
        binlogVersion: 4,
        serverVersion: version,
        created: 0,
        headerLength: 19,
        postHeaderLengths: new Uint8Array(42),
        checksumAlgorithm: this.checksum ? 1 : 0,
      }),
    );
  }

  query(text: string): this {
    const body = new ByteWriter().u32(1).u32(0).u8(1).u16(0).u16(0).text("d").u8(0).text(text);
    return this.add(EVENT_TYPE.QUERY_EVENT, body.done().slice());
  }

  gtid(gno: number): this {
    const body = new ByteWriter().u8(1).zeros(16).u64(gno).u8(2).u64(gno).u64(gno + 1);
    return this.add(EVENT_TYPE.GTID_LOG_EVENT, body.done().slice());
  }

  /** GTID, BEGIN, rows of `size` bytes, XID. */
  transaction(gno: number, size = 60): this {
    this.gtid(gno).query("BEGIN").add(EVENT_TYPE.TABLE_MAP_EVENT, new Uint8Array(30).fill(gno));
    this.add(EVENT_TYPE.WRITE_ROWS_EVENT, new Uint8Array(size).fill(gno & 0xff));
    return this.add(EVENT_TYPE.XID_EVENT, new ByteWriter().u64(gno).done().slice());
  }

  rotate(next: string): this {
    return this.add(EVENT_TYPE.ROTATE_EVENT, encodeRotateEvent({ position: 4, file: next }));
  }

  /** The file as it is on disk. */
  bytes(): Uint8Array<ArrayBuffer> {
    return concat([BINLOG_MAGIC, ...this.events]);
  }
}

/** An event with header, and CRC if asked; `end` is where it begins, or undefined for log_pos 0. */
export function makeEvent(event: {
  type: number;
  body: Uint8Array;
  flags?: number;
  timestamp?: number;
  end?: number | undefined;
  checksum: boolean;
}): Uint8Array<ArrayBuffer> {
  const size = 19 + event.body.length + (event.checksum ? 4 : 0);
  const logPos = event.end === undefined ? 0 : (event.end + size) % 2 ** 32;
  const writer = new ByteWriter(size).u32(event.timestamp ?? 0).u8(event.type).u32(1).u32(size)
    .u32(logPos).u16(event.flags ?? 0).bytes(event.body);
  if (event.checksum) writer.u32(crc32(writer.done()));
  return writer.done().slice();
}

/** The artificial rotate that begins each file of a dump. */
export function artificialRotate(
  file: string,
  position = 4,
  checksum = true,
): Uint8Array<ArrayBuffer> {
  const body = encodeRotateEvent({ position, file });
  const flags = EVENT_FLAG.LOG_EVENT_ARTIFICIAL_F;
  return makeEvent({ type: EVENT_TYPE.ROTATE_EVENT, body, flags, checksum });
}

/** Events as the packets of a dump: status byte, perhaps the semi-sync header, sequence ids. */
export function dumpPackets(
  events: Uint8Array[],
  options: { semiSync?: boolean; ackAt?: (index: number) => boolean } = {},
): Uint8Array<ArrayBuffer> {
  let sequence = 1;
  const packets = events.map((event, index) => {
    const ack = options.ackAt?.(index) ?? false;
    const head = options.semiSync ? [0, 0xef, ack ? 1 : 0] : [0];
    const packet = encodePacket(concat([Uint8Array.from(head), event]), sequence);
    const chunks = Math.floor((event.length + head.length) / 0xffffff) + 1;
    sequence = ack ? 1 : (sequence + chunks) & 0xff;
    return packet;
  });
  return concat(packets);
}

/** The EOF packet that ends a dump. */
export function eofPacket(sequence: number): Uint8Array<ArrayBuffer> {
  return encodePacket(Uint8Array.of(0xfe, 0, 0, 2, 0), sequence);
}
