import { assertEquals } from "@std/assert";
import { COLUMN_TYPE } from "../../lib/binlog/column_type.ts";
import { decodeTableMapEvent } from "../../lib/binlog/table_map_event.ts";
import { ByteReader } from "../../lib/bytes/byte_reader.ts";
import { ByteWriter } from "../../lib/bytes/byte_writer.ts";

const { LONG, TIMESTAMP, YEAR } = COLUMN_TYPE;

Deno.test("YEAR has its place among the bits that say which numbers are unsigned", () => {
  // As MySQL 9.7 and MariaDB log (INT, TIMESTAMP, YEAR, INT UNSIGNED, INT): bits 0110.
  const types = [LONG, TIMESTAMP, YEAR, LONG, LONG];
  const body = new ByteWriter().u32(1).u16(0).u16(0).u8(1).text("d").u8(0).u8(1).text("t").u8(0)
    .u8(types.length).bytes(Uint8Array.from(types)).u8(0).u8(0).u8(1).u8(1).u8(0b0110_0000);
  const { metadata } = decodeTableMapEvent(new ByteReader(body.done()));
  assertEquals(metadata.unsigned, [false, undefined, true, true, false]);
});
