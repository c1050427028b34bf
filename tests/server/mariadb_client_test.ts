import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { crc32 } from "../../lib/bytes/crc32.ts";
import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import { DummyEvent } from "../../lib/server/dummy_event.ts";
import { MariadbClient, TREATMENT } from "../../lib/server/mariadb_client.ts";
import { makeEvent } from "../_events.ts";

const { AS_IT_IS, LEFT_OUT, DUMMY, BEGIN } = TREATMENT;
const T = EVENT_TYPE;

function event(type: number, size: number, checksum = true): Uint8Array<ArrayBuffer> {
  return makeEvent({ type, body: new Uint8Array(size).fill(0xab), flags: 4, end: 4, checksum });
}

function text(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}

Deno.test("what a client gets is what its capability says", () => {
  const group = event(T.GTID_EVENT, 19);
  group[19 + 12] = 2;
  const alone = event(T.GTID_EVENT, 19);
  alone[19 + 12] = 1;
  const annotate = event(T.ANNOTATE_ROWS_EVENT, 30);
  const checkpoint = event(T.BINLOG_CHECKPOINT_EVENT, 17);
  const list = event(T.GTID_LIST_EVENT, 6);
  const events = [group, alone, annotate, checkpoint, list, event(T.XID_EVENT, 8)];
  const of = (capability: number, annotations: boolean): number[] => {
    const client = new MariadbClient(capability, annotations);
    return events.map((bytes) => client.treatment(bytes, 0));
  };
  assertEquals(of(0, false), [BEGIN, DUMMY, DUMMY, DUMMY, DUMMY, AS_IT_IS]);
  assertEquals(of(0, true), [BEGIN, DUMMY, AS_IT_IS, DUMMY, DUMMY, AS_IT_IS]);
  assertEquals(of(1, false), [BEGIN, DUMMY, AS_IT_IS, DUMMY, DUMMY, AS_IT_IS]);
  assertEquals(of(2, false), [BEGIN, LEFT_OUT, LEFT_OUT, LEFT_OUT, LEFT_OUT, AS_IT_IS]);
  assertEquals(of(3, false), [BEGIN, LEFT_OUT, LEFT_OUT, AS_IT_IS, LEFT_OUT, AS_IT_IS]);
  assertEquals(of(4, false), [AS_IT_IS, AS_IT_IS, LEFT_OUT, AS_IT_IS, AS_IT_IS, AS_IT_IS]);
  assertEquals(of(4, true), events.map(() => AS_IT_IS));
});

Deno.test("an event is replaced by one of its size that does nothing", () => {
  const client = new MariadbClient(0, false);
  client.checksum = true;
  const large = event(T.ANNOTATE_ROWS_EVENT, 100);
  client.replace(large, 0, large.length, DUMMY);
  assertEquals(large[4], T.QUERY_EVENT);
  assertEquals(large[17], 8);
  const body = large.subarray(19, large.length - 4);
  assertEquals([...body.subarray(0, 14)], new Array(14).fill(0));
  const comment = "# Dummy event replacing event type 160 that slave cannot handle.";
  assertEquals(text(body.subarray(14)), comment.padEnd(86));
  for (const [size, name] of [[6, "!"], [9, "!dum"], [14, "!dummyvar"]] as const) {
    const small = event(T.GTID_LIST_EVENT, size);
    client.replace(small, 0, small.length, DUMMY);
    assertEquals(small[4], T.USER_VAR_EVENT);
    assertEquals(
      text(small.subarray(19, 19 + size)),
      `${String.fromCharCode(name.length)}\0\0\0${name}\x01`,
    );
  }
  const tooSmall = event(T.GTID_LIST_EVENT, 5);
  assertThrows(() => client.replace(tooSmall, 0, tooSmall.length, DUMMY), Error, "too small event");
});

Deno.test("a transaction begins with BEGIN, whatever its GTID event holds", () => {
  const client = new MariadbClient(0, false);
  for (const [size, variables] of [[19, ""], [21, "\x05\0"], [26, "\xff".repeat(7)]] as const) {
    for (const checksum of [true, false]) {
      client.checksum = checksum;
      const bytes = event(T.GTID_EVENT, size, checksum);
      client.replace(bytes, 0, bytes.length, BEGIN);
      assertEquals(bytes[4], T.QUERY_EVENT);
      const length = String.fromCharCode(variables.length);
      const head = `${"\0".repeat(11)}${length}\0${variables}\0BEGIN`;
      assertEquals(text(bytes.subarray(19, 19 + size)), head);
      if (!checksum) continue;
      const end = bytes.length - 4;
      const crc = new DataView(bytes.buffer).getUint32(end, true);
      assertEquals(crc, crc32(bytes.subarray(0, end)));
    }
  }
  client.checksum = false;
  const short = event(T.GTID_EVENT, 18, false);
  assertThrows(() => client.replace(short, 0, short.length, BEGIN), Error, "corrupt event");
});

Deno.test("a replacement that comes in pieces is the same as whole", () => {
  const cases = fc.record({
    size: fc.integer({ min: 6, max: 300 }),
    checksum: fc.boolean(),
    cuts: fc.array(fc.integer({ min: 19, max: 330 }), { maxLength: 6 }),
  });
  fc.assert(fc.property(cases, ({ size, checksum, cuts }) => {
    const whole = event(T.ANNOTATE_ROWS_EVENT, size, checksum);
    const pieces = whole.slice();
    new DummyEvent(whole.length, checksum).fill(whole, 0, whole.length);
    const dummy = new DummyEvent(pieces.length, checksum);
    const ends = [...cuts.filter((cut) => cut < pieces.length), pieces.length].sort((a, b) =>
      a - b
    );
    let at = 0;
    for (const end of ends) {
      const piece = pieces.slice(at, end);
      dummy.fill(piece, 0, piece.length);
      pieces.set(piece, at);
      at = end;
    }
    assertEquals(pieces, whole);
  }));
});
