import { assertEquals, assertThrows } from "@std/assert";
import { COLUMN_TYPE } from "../../lib/binlog/column_type.ts";
import { decodeTableMapEvent } from "../../lib/binlog/table_map_event.ts";
import { FormatError } from "../../lib/errors.ts";
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

Deno.test("a member of ENUM has the length that a server takes, and no more", () => {
  const members = (size: number): Uint8Array[] | undefined => {
    const names = new ByteWriter(size + 20).lenenc(1).lenenc(size).bytes(new Uint8Array(size));
    const value = names.done();
    const body = new ByteWriter(size + 80).u32(1).u16(0).u16(0).u8(1).text("d").u8(0).u8(1)
      .text("t").u8(0).u8(1).u8(COLUMN_TYPE.STRING).u8(2).u8(COLUMN_TYPE.ENUM).u8(1).u8(0)
      .u8(6).lenenc(value.length).bytes(value);
    return decodeTableMapEvent(new ByteReader(body.done())).metadata.members?.[0];
  };
  assertEquals(members(65_535)?.[0]?.length, 65_535);
  assertThrows(() => members(65_536), FormatError, "65536 bytes");
});
