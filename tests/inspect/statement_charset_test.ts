import { assertEquals } from "@std/assert";
import { EventScanner } from "../../lib/binlog/event_scanner.ts";
import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import { encodeQueryEvent } from "../../lib/binlog/query_event.ts";
import { TextOutput } from "../../lib/binlog/values/text_output.ts";
import { ByteWriter } from "../../lib/bytes/byte_writer.ts";
import { eventInfo } from "../../lib/inspect/event_info.ts";
import { EventFilter } from "../../lib/inspect/events_filter.ts";
import { EventJson } from "../../lib/inspect/events_json.ts";
import { EventWalk } from "../../lib/inspect/events_walk.ts";
import { findByTable } from "../../lib/inspect/find_in_files.ts";
import type { TableName } from "../../lib/inspect/find_table_sql.ts";
import { memoryReader } from "../../scripts/fuzz/targets.ts";
import { FileBuilder } from "../_events.ts";
import { withFolder } from "../_pipeline.ts";

const LATIN1 = 8;
const CP850 = 4;
const BIG5 = 1;
const UTF8MB4 = 255;
const ANSI_QUOTES = 4n;
const NO_BACKSLASH_ESCAPES = 0x10_0000n;

/** Bytes of characters up to U+00FF, one each. */
function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** A file with one statement in database c. */
function fileOf(statement: Uint8Array, charset?: number, sqlMode = 0n): Uint8Array<ArrayBuffer> {
  const status = new ByteWriter().u8(1).u64(sqlMode);
  if (charset !== undefined) status.u8(4).u16(charset).u16(charset).u16(8);
  const body = encodeQueryEvent({
    threadId: 1,
    executionTime: 0,
    errorCode: 0,
    database: "c",
    statusVariables: status.done(),
    statement,
  });
  return new FileBuilder("f").format().gtid(1).add(EVENT_TYPE.QUERY_EVENT, body).bytes();
}

function jsonQuery(file: Uint8Array, tables?: TableName[]): string | undefined {
  const out = new TextOutput(undefined, 1024);
  const filter = new EventFilter({
    types: new Set([EVENT_TYPE.QUERY_EVENT]),
    ...(tables ? { tables } : {}),
  });
  const walk = new EventWalk(new EventJson(out, { fullValues: false }), filter);
  const scanner = new EventScanner(memoryReader(file), { file: "f" });
  while (scanner.next()) walk.take(scanner);
  const text = new TextDecoder().decode(out.written);
  return text === "" ? undefined : JSON.parse(text).fields.query;
}

function info(file: Uint8Array): string {
  const scanner = new EventScanner(memoryReader(file), { file: "f" });
  let text = "";
  while (scanner.next()) text = eventInfo(scanner.head, { checksumSize: scanner.checksumSize });
  return text;
}

Deno.test("a statement is read in the character set of its client", () => {
  const insert = "INSERT INTO st(a) VALUES ('h\xe4\xdf\x80')";
  for (
    const [bytes, charset, expected] of [
      [latin1(insert), LATIN1, "INSERT INTO st(a) VALUES ('häß€')"],
      [new TextEncoder().encode("SELECT 'ä'"), UTF8MB4, "SELECT 'ä'"],
      [new TextEncoder().encode("SELECT 'ä'"), undefined, "SELECT 'ä'"],
      [latin1("SELECT '\xe4'"), UTF8MB4, "SELECT '\ufffd'"],
      [latin1("SELECT '\xc6\xa6\xa5\\'"), BIG5, "SELECT 'あ功'"],
      [latin1("SELECT '\x84'"), CP850, "SELECT 'ä'"],
    ] as const
  ) {
    const file = fileOf(bytes, charset);
    assertEquals(jsonQuery(file), expected);
    assertEquals(info(file), `use \`c\`; ${expected}`);
  }
});

Deno.test("events and find know tables by the character set and the SQL mode of a statement", async () => {
  for (
    const [statement, charset, sqlMode, table, expected] of [
      ["TRUNCATE TABLE t\xe4", LATIN1, 0n, "tä", true],
      ["TRUNCATE TABLE t\xe4", LATIN1, 0n, "t", false],
      ["TRUNCATE TABLE t\xc3\xa4", UTF8MB4, 0n, "tä", true],
      // The second byte of 功 is that of a backslash.
      ["SET @a='\xa5\\'; DROP TABLE plain", BIG5, 0n, "plain", true],
      ['ALTER TABLE "plain" ADD COLUMN q int', LATIN1, ANSI_QUOTES, "plain", true],
      ['SELECT "plain"', LATIN1, 0n, "plain", false],
      ["WITH x AS (SELECT '\\' AS s) UPDATE n SET q=2", LATIN1, NO_BACKSLASH_ESCAPES, "n", true],
    ] as const
  ) {
    const file = fileOf(latin1(statement), charset, sqlMode);
    const wanted = { database: "c", table };
    assertEquals(jsonQuery(file, [wanted]) !== undefined, expected, `events: ${statement}`);
    await withFolder(async (dir) => {
      await Deno.writeFile(`${dir}/b.000001`, file);
      let found = 0;
      const { signal } = new AbortController();
      await findByTable(dir, ["b.000001"], wanted, () => void found++, { signal });
      assertEquals(found > 0, expected, `find: ${statement}`);
    });
  }
});
