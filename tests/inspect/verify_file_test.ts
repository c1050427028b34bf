import { assert, assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import { EVENT_FLAG } from "../../lib/binlog/event_header.ts";
import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import { ByteWriter } from "../../lib/bytes/byte_writer.ts";
import { FileBuilder } from "../_events.ts";
import { CLOSED, codesOf, eventEnds, findingsOf, NEWEST, verifyBytes } from "./_verify.ts";

function file(): FileBuilder {
  return new FileBuilder("b.000001").format();
}

const whole = (): Uint8Array<ArrayBuffer> =>
  file().transaction(1).transaction(2).rotate("b.000002").bytes();

Deno.test("verify finds nothing in a good file, closed or active", () => {
  assertEquals(codesOf(whole()), []);
  assertEquals(codesOf(file().transaction(1).bytes(), NEWEST), []);
});

Deno.test("verify reports each flipped byte of a closed file", () => {
  const bytes = whole();
  for (let at = 0; at < bytes.length; at++) {
    for (const bit of [0x01, 0x80]) {
      const damaged = bytes.slice();
      damaged[at]! ^= bit;
      const found = findingsOf(damaged);
      assert(found.length > 0, `byte ${at} bit ${bit}`);
      const inUse = at === 21 && bit === 1;
      assertEquals(found[0]!.severity, inUse ? "warning" : "fault", `byte ${at} bit ${bit}`);
    }
  }
});

Deno.test("verify reports a file cut at each length, and where", () => {
  const bytes = whole();
  const ends = eventEnds(bytes);
  for (let size = 0; size < bytes.length; size++) {
    const found = findingsOf(bytes.subarray(0, size));
    assert(found.length > 0, `cut at ${size}`);
    const boundary = ends.filter((end) => end <= size).pop() ?? 0;
    if (size > 4 && boundary !== size) {
      assertEquals(found[0]!.code, "torn", `cut at ${size}`);
      assertEquals(found[0]!.position, boundary || 4);
    }
    const newest = findingsOf(bytes.subarray(0, size), NEWEST);
    if (size > 0 && size !== boundary && size !== 4) assertEquals(newest[0]?.code, "torn");
  }
});

Deno.test("verify tells being written from torn by the lock", () => {
  const bytes = whole().subarray(0, 200);
  assertEquals(codesOf(bytes, { newest: true, inStore: true, held: true }), ["being-written"]);
  assertEquals(codesOf(bytes, NEWEST), ["torn"]);
  // What is damaged is so whoever is at work.
  const damaged = bytes.slice();
  damaged[60]! ^= 1;
  assertEquals(codesOf(damaged, { newest: true, inStore: true, held: true }), ["damaged-event"]);
});

Deno.test("verify reports events out of order", () => {
  const rows = new Uint8Array(30);
  const cases: [FileBuilder, string][] = [
    [file().format().rotate("b.000002"), "order"],
    [file().add(EVENT_TYPE.WRITE_ROWS_EVENT, rows).rotate("b.000002"), "order"],
    [file().rotate("b.000002").transaction(1), "order"],
    [file().add(EVENT_TYPE.HEARTBEAT_LOG_EVENT, new Uint8Array(8)).rotate("b.000002"), "order"],
    [file().gtid(1).query("BEGIN").gtid(2).rotate("b.000002"), "transaction"],
    [file().gtid(1).query("BEGIN").rotate("b.000002"), "transaction"],
    [file().gtid(1).query("BEGIN"), "transaction"],
    [file().transaction(1).transaction(1).rotate("b.000002"), "gtid-repeated"],
    [file().transaction(1), "not-closed"],
    [file().add(EVENT_TYPE.INCIDENT_EVENT, new Uint8Array(3)).rotate("b.000002"), "incident"],
    [file().add(200, new Uint8Array(3)).rotate("b.000002"), "unknown-event"],
  ];
  for (const [builder, code] of cases) {
    const codes = codesOf(builder.bytes(), CLOSED);
    assert(codes.includes(code), `expected ${code}, found ${codes}`);
  }
  const ignorable = file().add(200, new Uint8Array(3), EVENT_FLAG.LOG_EVENT_IGNORABLE_F);
  assertEquals(codesOf(ignorable.rotate("b.000002").bytes()), []);
  assertEquals(codesOf(file().gtid(1).query("BEGIN").bytes(), NEWEST), ["open-transaction"]);
});

Deno.test("zeros at the end of a newest file are a torn end, anywhere else damage", () => {
  const good = file().transaction(1);
  const [at, rest] = [good.position, good.bytes()];
  const held = { newest: true, inStore: true, held: true };
  for (const size of [19, 100, 5_000_000]) {
    const zeros = concat([rest, new Uint8Array(size)]);
    const [found] = findingsOf(zeros, NEWEST);
    assertEquals([found!.code, found!.position], ["torn", at]);
    assert(found!.message.startsWith(`${size} bytes of zeros`), found!.message);
    assertEquals(codesOf(zeros, held), ["being-written"]);
    assertEquals(codesOf(zeros, CLOSED), ["damaged-event"]);
    const verifier = verifyBytes(zeros, NEWEST);
    assertEquals([verifier.end, verifier.tornAt, verifier.report.verified], ["zeros", at, at]);
    zeros[zeros.length - 1] = 1;
    assertEquals(codesOf(zeros, NEWEST), ["damaged-event"]);
    assertEquals(verifyBytes(zeros, NEWEST).tornAt, undefined);
  }
  assertEquals(codesOf(new Uint8Array(500), NEWEST), ["torn"]);
  assertEquals(codesOf(new Uint8Array(500), CLOSED), ["bad-magic"]);
});

Deno.test("verify reads a file up to where it is encrypted, and does not call that damage", () => {
  const builder = file().add(EVENT_TYPE.START_ENCRYPTION_EVENT, new Uint8Array(17));
  const plain = builder.position;
  const noise = Uint8Array.from({ length: 300 }, (_, i) => (i * 151 + 7) & 0xff);
  const verifier = verifyBytes(concat([builder.bytes(), noise]), CLOSED);
  const { findings, verified, events } = verifier.report;
  assertEquals(findings.map(({ code, position }) => [code, position]), [["encrypted", plain]]);
  assertEquals([verified, events], [plain, 2]);
  const ignorable = file();
  ignorable.add(
    EVENT_TYPE.START_ENCRYPTION_EVENT,
    new Uint8Array(17),
    EVENT_FLAG.LOG_EVENT_IGNORABLE_F,
  );
  assertEquals(codesOf(ignorable.transaction(1).rotate("b.000002").bytes()), []);
});

Deno.test("verify compares the transaction length in a GTID event with what is there", () => {
  const builder = file();
  // GTID body with times and length: flags, UUID, gno, type, two logical times, u56, lenenc.
  const body = new ByteWriter().u8(1).zeros(16).u64(1).u8(2).u64(0).u64(1).u32(7).u24(0).u8(123)
    .u32(90704).done().slice();
  builder.add(EVENT_TYPE.GTID_LOG_EVENT, body).query("BEGIN");
  builder.add(EVENT_TYPE.XID_EVENT, new Uint8Array(8)).rotate("b.000002");
  assertEquals(codesOf(builder.bytes()), ["transaction-length"]);
});

Deno.test("verify takes a relay log, whose events have positions of another file", () => {
  const own = file().events[0]!.subarray(19, -4);
  const relay = new FileBuilder("relay.000001");
  relay.add(EVENT_TYPE.FORMAT_DESCRIPTION_EVENT, own, EVENT_FLAG.LOG_EVENT_RELAY_LOG_F);
  const elsewhere = new FileBuilder("b.000001");
  elsewhere.position = 5000;
  elsewhere.format().transaction(1).rotate("b.000002").format();
  relay.events.push(...elsewhere.events);
  assertEquals(codesOf(relay.bytes()), []);
  const damaged = relay.bytes();
  damaged[300]! ^= 1;
  assertEquals(codesOf(damaged), ["damaged-event"]);
});

Deno.test("verify keeps only the first findings of a file full of them", () => {
  const builder = file().rotate("b.000002");
  for (let i = 0; i < 50; i++) builder.query("SELECT 1");
  const found = findingsOf(builder.bytes());
  assertEquals(found.length, 20);
});
