import { BINLOG_MAGIC, EVENT_FLAG, EVENT_HEADER_SIZE } from "../../lib/binlog/event_header.ts";
import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import { encodeFormatDescriptionEvent } from "../../lib/binlog/format_description_event.ts";
import { encodeHeartbeatV2Event } from "../../lib/binlog/control_events.ts";
import { ByteWriter } from "../../lib/bytes/byte_writer.ts";
import { crc32 } from "../../lib/bytes/crc32.ts";

const SAMPLES = new URL("../../testdata/events/", import.meta.url);

/** A file of events of the given types and bodies, as a server would write it. */
export function makeFile(
  version: string,
  events: { type: number; body: Uint8Array; flags?: number }[],
): Uint8Array<ArrayBuffer> {
  const format = encodeFormatDescriptionEvent({
    binlogVersion: 4,
    serverVersion: version,
    created: 0,
    headerLength: EVENT_HEADER_SIZE,
    postHeaderLengths: new Uint8Array(42),
    checksumAlgorithm: 1,
  }).slice();
  const file = new ByteWriter(4096).bytes(BINLOG_MAGIC);
  const all = [{ type: EVENT_TYPE.FORMAT_DESCRIPTION_EVENT, body: format }, ...events];
  for (const { type, body, flags = 0 } of all as typeof events) {
    const size = EVENT_HEADER_SIZE + body.length + 4;
    const start = file.length;
    const event = new ByteWriter(size).u32(1_700_000_000).u8(type).u32(1).u32(size)
      .u32(start + size).u16(flags).bytes(body);
    file.bytes(event.u32(crc32(event.done())).done());
  }
  return file.done().slice();
}

/** A table with the column types of before 5.6, and a row of it. */
function oldTypes(): { type: number; body: Uint8Array }[] {
  const types = [10, 11, 12, 7, 13, 14, 249, 4];
  const map = new ByteWriter().u32(7).u16(0).u16(1).u8(1).text("d").u8(0).u8(1).text("o").u8(0)
    .lenenc(types.length).bytes(Uint8Array.from(types)).lenenc(2).u8(1).u8(4).u8(0xff);
  const row = new ByteWriter().u32(7).u16(0).u16(1).lenenc(types.length).u8(0xff).u8(0)
    .u24((2026 << 9) | (11 << 5) | 23).u24(21_248).u64(20_261_123_021_248n).u32(1_795_399_968)
    .u8(126).u24((2026 << 9) | (11 << 5) | 23).u8(3).text("abc").u32(0x3fc0_0000);
  return [
    { type: EVENT_TYPE.TABLE_MAP_EVENT, body: map.done().slice() },
    { type: EVENT_TYPE.WRITE_ROWS_EVENT_V1, body: row.done().slice() },
  ];
}

/** Events that the servers at hand do not write, in one file. */
export function rareEvents(): Uint8Array<ArrayBuffer> {
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  const incident = new ByteWriter().u16(1).u8(5).text("lost!").done().slice();
  const uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
  const context = new ByteWriter().u8(uuid.length).u32(9).u8(1).u32(8).u32(1).u32(0).text(uuid)
    .zeros(8).u16(2).text("xx").done().slice();
  const view = new ByteWriter().text("view:1").zeros(34).u64(5).u32(0).done().slice();
  const load = new ByteWriter().u32(1).u32(0).u8(1).u16(0).u16(0).u32(3).u32(5).u32(9).u8(0)
    .text("d").u8(0).text("LOAD DATA INFILE 'x' INTO TABLE t").done().slice();
  const { LOG_EVENT_IGNORABLE_F } = EVENT_FLAG;
  return makeFile("8.0.32", [
    { type: EVENT_TYPE.INCIDENT_EVENT, body: incident },
    { type: EVENT_TYPE.TRANSACTION_CONTEXT_EVENT, body: context },
    { type: EVENT_TYPE.VIEW_CHANGE_EVENT, body: view },
    { type: EVENT_TYPE.BEGIN_LOAD_QUERY_EVENT, body: new Uint8Array(20).fill(1) },
    { type: EVENT_TYPE.APPEND_BLOCK_EVENT, body: new Uint8Array(9).fill(1) },
    { type: EVENT_TYPE.EXECUTE_LOAD_QUERY_EVENT, body: load },
    { type: EVENT_TYPE.DELETE_FILE_EVENT, body: Uint8Array.of(1, 0, 0, 0) },
    { type: EVENT_TYPE.HEARTBEAT_LOG_EVENT, body: text("binlog.000001") },
    {
      type: EVENT_TYPE.HEARTBEAT_LOG_EVENT_V2,
      body: encodeHeartbeatV2Event({ file: "binlog.000001", position: 5n * 2n ** 30n }).slice(),
    },
    ...oldTypes(),
    {
      type: EVENT_TYPE.START_ENCRYPTION_EVENT,
      body: Uint8Array.from({ length: 17 }, (_, i) => i),
      flags: LOG_EVENT_IGNORABLE_F,
    },
    { type: 99, body: text("what is this?"), flags: LOG_EVENT_IGNORABLE_F },
    { type: EVENT_TYPE.STOP_EVENT, body: new Uint8Array(0) },
  ]);
}

/** The files that a run begins with: samples of real servers, and one of rare events. */
export function seedFiles(): Uint8Array<ArrayBuffer>[] {
  const files = [rareEvents()];
  for (const entry of Deno.readDirSync(SAMPLES)) {
    if (entry.name.endsWith(".binlog")) files.push(Deno.readFileSync(new URL(entry.name, SAMPLES)));
  }
  return files;
}
