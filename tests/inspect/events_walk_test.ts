import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { EVENT_FLAG } from "../../lib/binlog/event_header.ts";
import { EventScanner } from "../../lib/binlog/event_scanner.ts";
import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import { TextOutput } from "../../lib/binlog/values/text_output.ts";
import { ByteWriter } from "../../lib/bytes/byte_writer.ts";
import { crc32 } from "../../lib/bytes/crc32.ts";
import { statsJson, statsText } from "../../lib/cli/events_stats.ts";
import { EventFilter, type EventFilterOptions } from "../../lib/inspect/events_filter.ts";
import { EventJson } from "../../lib/inspect/events_json.ts";
import { EventLines } from "../../lib/inspect/events_lines.ts";
import { type EventVisitor, EventWalk } from "../../lib/inspect/events_walk.ts";
import { parseWantedGtids } from "../../lib/inspect/find_gtid.ts";
import { EventStats } from "../../lib/inspect/stats.ts";
import { fuzz } from "../../scripts/fuzz.ts";
import { makeFile, seedFiles } from "../../scripts/fuzz/seeds.ts";
import { memoryReader } from "../../scripts/fuzz/targets.ts";
import { FileBuilder } from "../_events.ts";
import { sampleFiles } from "../binlog/_samples.ts";

const FILES = sampleFiles();
const LINES = {
  utc: true,
  verbose: 0,
  fullValues: false,
  hex: false,
  packets: false,
  heads: false,
};

function walkFile(file: Uint8Array, visitor: EventVisitor, filter?: EventFilterOptions): EventWalk {
  const walk = new EventWalk(visitor, filter && new EventFilter(filter));
  const scanner = new EventScanner(memoryReader(file), { file: "f" });
  while (scanner.next()) walk.take(scanner);
  return walk;
}

function lines(
  file: Uint8Array,
  options: Partial<typeof LINES> = {},
  filter?: EventFilterOptions,
): string[] {
  const out = new TextOutput(undefined, 1024);
  walkFile(file, new EventLines(out, { ...LINES, ...options }), filter);
  return new TextDecoder().decode(out.written).trimEnd().split("\n");
}

interface Json {
  type: string;
  nested: boolean;
  error?: string;
  fields: Record<string, unknown> & { rows?: { after?: Record<string, unknown> }[] };
}

function json(file: Uint8Array, fullValues = false): Json[] {
  const out = new TextOutput(undefined, 1024);
  walkFile(file, new EventJson(out, { fullValues }));
  return new TextDecoder().decode(out.written).trimEnd().split("\n").map((line) =>
    JSON.parse(line)
  );
}

/** A table map of `d`.`t`, and an insert with one value of one column. */
function insert(type: number, metadata: number[], value: Uint8Array): Uint8Array<ArrayBuffer> {
  const map = new ByteWriter().u32(7).u16(0).u16(1).u8(1).text("d").u8(0).u8(1).text("t").u8(0)
    .u8(1).u8(type).u8(metadata.length).bytes(Uint8Array.from(metadata)).u8(1);
  const row = new ByteWriter().u32(7).u16(0).u16(1).u16(2).u8(1).u8(1).u8(0).bytes(value);
  return makeFile("9.7.4", [
    { type: EVENT_TYPE.TABLE_MAP_EVENT, body: map.done().slice() },
    { type: EVENT_TYPE.WRITE_ROWS_EVENT, body: row.done().slice() },
  ]);
}

Deno.test("no name and no statement commands the terminal or breaks a line", () => {
  const name = "t\x1b[2J\n\u009b\u202e\x07";
  const utf8 = new TextEncoder().encode(name);
  const map = new ByteWriter().u32(7).u16(0).u16(0).u8(1).text("d").u8(0).u8(utf8.length)
    .bytes(utf8).u8(0).u8(1).u8(3).u8(0).u8(1).u8(4).u8(utf8.length + 1).u8(utf8.length).bytes(
      utf8,
    );
  const rows = new ByteWriter().u32(7).u16(0).u16(1).u16(2).u8(1).u8(1).u8(0).u32(5);
  const file = new FileBuilder("f").format().query(`DROP TABLE ${name}`)
    .add(EVENT_TYPE.TABLE_MAP_EVENT, map.done().slice())
    .add(EVENT_TYPE.WRITE_ROWS_EVENT, rows.done().slice()).bytes();
  const shown = "t\\x1b[2J\\n\\u009b\\u202e\\x07";
  for (const options of [{}, { verbose: 1 }, { verbose: 2 }, { hex: true }]) {
    const text = lines(file, options).join("\n");
    assertEquals(/[^\P{C}\n]/u.exec(text)?.[0], undefined, text);
    assertStringIncludes(text, `d.${shown}`);
    if ("verbose" in options) assertStringIncludes(text, `###   \`${shown}\`=5`);
  }
  const out = new TextOutput(undefined, 1024);
  walkFile(file, new EventJson(out, { fullValues: false }));
  const text = new TextDecoder().decode(out.written);
  assertEquals(/[^\P{C}\n]/u.exec(text)?.[0], undefined, text);
  assertEquals(json(file)[3]!.fields.rows, [{ after: { [name]: 5 } }]);
  const stats = new EventStats({ top: 1 });
  walkFile(file, stats);
  const report = statsText(stats, { utc: true, terminal: false }) + statsJson(stats);
  assertEquals(/[^\P{C}\n]/u.exec(report)?.[0], undefined, report);
});

Deno.test("a value over 16 MiB is shown by its beginning, length and CRC, or whole if asked", () => {
  const size = 17 * 1024 * 1024 + 5;
  const value = new Uint8Array(4 + size);
  new DataView(value.buffer).setUint32(0, size, true);
  for (let i = 0; i < size; i++) value[4 + i] = 97 + (i % 26);
  const file = insert(252, [4], value);
  const sum = `0x${crc32(value.subarray(4)).toString(16).padStart(8, "0")}`;
  const beginning = new TextDecoder().decode(value.subarray(4, 4 + 1024));
  const [, , , , , shown] = lines(file, { verbose: 1 });
  assertEquals(shown, `###   @1='${beginning}' /* the beginning of ${size} bytes, CRC32 ${sum} */`);
  assertEquals(json(file)[2]!.fields.rows![0]!.after, {
    "@1": { beginning, length: size, crc32: sum },
  });
  const whole = lines(file, { verbose: 1, fullValues: true })[5]!;
  assertEquals(whole.length, "###   @1=x''".length + 2 * size);
  assert(whole.startsWith("###   @1=x'6162") && whole.endsWith("'"));
});

Deno.test("bytes that are no text are hex in both notations, and nothing is lost", () => {
  const file = insert(252, [2], Uint8Array.of(4, 0, 0x61, 0xff, 0x00, 0x27));
  assertEquals(lines(file, { verbose: 1 }).at(-1), "###   @1=x'61ff0027'");
  assertEquals(json(file)[2]!.fields.rows, [{ after: { "@1": { hex: "61ff0027" } } }]);
});

Deno.test("rows without a table map, and bodies that can't be read, are told and passed over", () => {
  const rows = makeFile("9.7.4", [
    { type: EVENT_TYPE.WRITE_ROWS_EVENT, body: new Uint8Array(20) },
    { type: EVENT_TYPE.XID_EVENT, body: new Uint8Array(3) },
    { type: EVENT_TYPE.XID_EVENT, body: new Uint8Array(8) },
  ]);
  const shown = lines(rows);
  assertEquals(shown.length, 4);
  assertStringIncludes(shown[1]!, "!! cannot be decoded");
  assertStringIncludes(shown[2]!, "need 8 bytes, got 3");
  assertStringIncludes(shown[3]!, "xid=0");
  assertEquals(walkFile(rows, new EventStats({ top: 1 })).problems, 1);
  const cut = insert(3, [], Uint8Array.of(1, 2));
  assertStringIncludes(lines(cut, { verbose: 1 }).join("\n"), "rows end too early");
  assertStringIncludes(json(cut)[2]!.error!, "rows end too early");
});

Deno.test("an unknown type is shown with its bytes", () => {
  const [line] = lines(FILES.get("rare")!, {}, { types: new Set([99]) });
  assertStringIncludes(line!, "UNKNOWN_EVENT_99");
  assertStringIncludes(line!, "unknown type, 13 bytes: 77 68 61 74");
  const event = json(FILES.get("rare")!).find(({ type }) => type === "UNKNOWN_EVENT_99");
  assertEquals(event!.fields, { body: "77686174206973207468697300".slice(0, 24) + "3f" });
});

Deno.test("relay logs are read although their events have other positions", () => {
  const file = FILES.get("mysql97-mixed.binlog")!.slice();
  const view = new DataView(file.buffer);
  for (let at = 4, first = true; at < file.length; first = false) {
    const size = view.getUint32(at + 9, true);
    const flags = EVENT_FLAG.LOG_EVENT_RELAY_LOG_F;
    if (first) file[at + 17]! |= flags;
    else view.setUint32(at + 13, 77_000 + at, true);
    view.setUint32(at + size - 4, crc32(file.subarray(at, at + size - 4)), true);
    at += size;
  }
  const shown = lines(file);
  assertEquals(shown.length, lines(FILES.get("mysql97-mixed.binlog")!).length);
  assertStringIncludes(shown[0]!, "relay log");
});

Deno.test("relay logs of real replicas are read, rows and all", () => {
  for (const kind of ["mysql97", "mariadb118"]) {
    const shown = lines(FILES.get(`${kind}-relay.binlog`)!, { verbose: 1 });
    assertStringIncludes(shown[0]!, "relay log");
    assert(shown.some((line) => /ROTATE_EVENT .* binlog\.000001;pos=/.test(line)));
    assert(shown.includes("###   @1=1") || shown.includes("###   `a`=1"), shown.join("\n"));
    assertEquals(shown.filter((line) => line.includes("!!")), []);
  }
});

Deno.test("filters choose by type, table, database, server, time and GTID", () => {
  const file = FILES.get("mysql97-rows.binlog")!;
  const all = json(file);
  const count = (filter: EventFilterOptions): number => lines(file, {}, filter).length;
  const types = new Set([EVENT_TYPE.XID_EVENT as number]);
  assertEquals(count({ types }), all.filter(({ type }) => type === "XID_EVENT").length);
  const few = all.filter(({ fields }) => fields.table === "few").length;
  const named = all.filter(({ fields }) => /\bfew\b/.test(String(fields.query ?? ""))).length;
  assert(few > 10 && named > 2);
  assertEquals(count({ tables: [{ database: "r", table: "few" }] }), few + named);
  const tableless = lines(file, {}, { database: "nowhere" });
  assertEquals(tableless, [""]);
  assertEquals(count({ serverIds: new Set([1]) }), all.length);
  assertEquals(lines(file, {}, { serverIds: new Set([2]) }), [""]);
  const gtids = all.map(({ fields }) => fields.gtid as string | undefined).filter(Boolean);
  const wanted = parseWantedGtids(gtids[5]!);
  const chosen = lines(file, {}, { includeGtids: wanted });
  assertStringIncludes(chosen[0]!, gtids[5]!);
  assertStringIncludes(chosen.at(-1)!, "XID_EVENT");
  assertEquals(count({ excludeGtids: wanted }), all.length - chosen.length);
  const late = lines(file, {}, { startTime: 1_799_999_999 });
  const early = lines(file, {}, { stopTime: 1_799_999_999 });
  assertEquals(late.length + early.length, all.length);
});

Deno.test("MariaDB's GTIDs choose transactions too", () => {
  const file = FILES.get("mariadb118-rows.binlog")!;
  const chosen = lines(file, {}, { includeGtids: parseWantedGtids("0-1-7..8") });
  assertEquals(chosen.filter((line) => line.includes(" GTID_EVENT ")).length, 2);
  assertStringIncludes(chosen[0]!, "0-1-7");
  assertStringIncludes(chosen.at(-1)!, "XID_EVENT");
});

Deno.test("events inside a compressed transaction are shown nested", () => {
  const events = json(FILES.get("mysql97-rows.binlog")!);
  const at = events.findIndex(({ type }) => type === "TRANSACTION_PAYLOAD_EVENT");
  const inner = events.slice(at + 1, at + 5).map(({ type, nested }) => ({ type, nested }));
  assertEquals(inner, [
    { type: "QUERY_EVENT", nested: true },
    { type: "TABLE_MAP_EVENT", nested: true },
    { type: "WRITE_ROWS_EVENT", nested: true },
    { type: "XID_EVENT", nested: true },
  ]);
  assertEquals(events[at + 3]!.fields.rows![0]!.after!["@2"], "packed");
});

Deno.test("statistics count rows, transactions and bytes", () => {
  const file = FILES.get("mysql97-rows.binlog")!;
  const stats = new EventStats({ top: 3 });
  walkFile(file, stats);
  const rows = json(file).flatMap(({ fields }) => fields.rows ?? []).length;
  assertEquals(stats.rows, rows);
  assertEquals(stats.bytes, file.length - 4);
  const gtids = json(file).filter(({ fields }) => fields.gtid).length;
  assertEquals(stats.transactions, gtids);
  assertEquals(stats.largest.length, 3);
  assert(stats.largest[0]!.bytes >= stats.largest[1]!.bytes);
  const few = stats.tables.find(({ table }) => table === "r.few")!;
  assert(few.inserts > 5 && few.updates > 5 && few.deletes > 5);
});

Deno.test("--hex shows every byte once, and names fields and columns", () => {
  const file = FILES.get("mysql97-mixed.binlog")!;
  const shown = lines(file, { hex: true });
  const bytes = shown.filter((line) => /^ {4}[0-9a-f]{8} /.test(line))
    .map((line) => line.slice(13, 61).replaceAll(/[| ]/g, "")).join("");
  const expected = Array.from(file.subarray(4), (byte) => byte.toString(16).padStart(2, "0"));
  assertEquals(bytes, expected.join(""));
  assertStringIncludes(shown.join("\n"), "event_type=30 WRITE_ROWS_EVENT");
  assertStringIncludes(shown.join("\n"), "b='one'");
});

Deno.test("a short run of the fuzzer finds nothing", async () => {
  const outcome = await fuzz({ rounds: 1500, seed: 20_260, files: seedFiles() });
  assertEquals(outcome.failure, undefined);
  assert(outcome.errors > 100);
});
