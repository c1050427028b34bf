/** Events of a stream that are not stored, one by one. */
import { assertEquals, assertThrows } from "@std/assert";
import { EVENT_FLAG } from "../../lib/binlog/event_header.ts";
import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import { DivergenceError, FormatError } from "../../lib/errors.ts";
import { SpecialEvents } from "../../lib/pipeline/special_events.ts";
import { StreamState } from "../../lib/pipeline/stream_state.ts";
import { artificialRotate, FileBuilder, makeEvent } from "../_events.ts";

const FILE = "b.000001";
const NEXT = "b.000002";

function begin(file = FILE, position = 4): { special: SpecialEvents; state: StreamState } {
  const state = new StreamState(false);
  return { special: new SpecialEvents(state, { file, position, checksum: true }), state };
}

/** A stream that has come to the events of its first file. */
function begun(): { special: SpecialEvents; state: StreamState } {
  const stream = begin();
  stream.special.artificialRotate(artificialRotate(FILE), 0);
  stream.special.formatDescription(new FileBuilder(FILE).format().events[0]!, 4);
  return stream;
}

function realRotate(next: string): Uint8Array {
  return new FileBuilder(FILE).rotate(next).events[0]!;
}

function heartbeat(logPos: number, type: number = EVENT_TYPE.HEARTBEAT_LOG_EVENT): Uint8Array {
  const body = new TextEncoder().encode(FILE);
  const size = 19 + body.length + 4;
  return makeEvent({ type, body, end: logPos - size, checksum: true });
}

Deno.test("the first answer has to be the file and position that was asked for", () => {
  const { special, state } = begin();
  assertEquals(special.artificialRotate(artificialRotate(FILE), 0), { file: FILE, position: 4 });
  assertEquals([state.file, special.awaitsFormat], [FILE, true]);
  for (const [file, position] of [[NEXT, 4], [FILE, 5]] as const) {
    const event = artificialRotate(file, position);
    assertThrows(() => begin().special.artificialRotate(event, 0), DivergenceError);
  }
  // Asked for the oldest there is, any file will do, but not any position.
  assertEquals(begin("").special.artificialRotate(artificialRotate(NEXT), 0)?.file, NEXT);
  assertThrows(
    () => begin("").special.artificialRotate(artificialRotate(NEXT, 5), 0),
    DivergenceError,
  );
});

Deno.test("a file name that is no plain name is refused before it is used", () => {
  for (const name of ["../b.000001", "/etc/b.000001", "b.1", "binlogd.000001", "b\n.000001", ""]) {
    const { special, state } = begin("");
    assertThrows(() => special.artificialRotate(artificialRotate(name), 0), FormatError);
    assertEquals(state.file, "");
  }
});

Deno.test("a file follows that was announced, from its beginning", () => {
  const { special, state } = begun();
  assertEquals(special.closed(realRotate(NEXT)), NEXT);
  for (const [file, position] of [["b.000003", 4], [NEXT, 5]] as const) {
    const event = artificialRotate(file, position);
    assertThrows(() => special.artificialRotate(event, 500), FormatError, "Unexpected rotate");
  }
  special.artificialRotate(artificialRotate(NEXT), 500);
  assertEquals([state.file, special.awaitsFormat], [NEXT, true]);
});

Deno.test("a rotate that says again where the stream is says nothing else", () => {
  const { special } = begun();
  assertEquals(special.artificialRotate(artificialRotate(FILE, 500), 500), undefined);
  assertThrows(() => special.artificialRotate(artificialRotate(FILE, 501), 500), FormatError);
  assertEquals(special.awaitsFormat, false);
});

Deno.test("a format description is stored at a file's beginning, handed out in its middle", () => {
  const event = new FileBuilder(FILE).format().events[0]!;
  const first = begin();
  first.special.artificialRotate(artificialRotate(FILE), 0);
  assertEquals(first.special.formatDescription(event, 4), undefined);
  assertThrows(() => first.special.formatDescription(event, 4), FormatError, "Unexpected");
  const middle = begin(FILE, 500);
  middle.special.artificialRotate(artificialRotate(FILE, 500), 0);
  assertEquals(middle.special.formatDescription(event, 500), event.subarray(19));
});

Deno.test("a format description says whether the events of its file have a CRC", () => {
  for (const checksum of [true, false]) {
    const { special } = begin();
    assertEquals(special.checksumSize, 4);
    special.artificialRotate(artificialRotate(FILE), 0);
    special.formatDescription(new FileBuilder(FILE, checksum).format().events[0]!, 4);
    assertEquals(special.checksumSize, checksum ? 4 : 0);
  }
});

Deno.test("a format description that is in use or changed is refused", () => {
  const file = new FileBuilder(FILE).format();
  const body = file.events[0]!.slice(19, -4);
  const type = EVENT_TYPE.FORMAT_DESCRIPTION_EVENT;
  const flags = EVENT_FLAG.LOG_EVENT_BINLOG_IN_USE_F;
  const { special } = begin();
  special.artificialRotate(artificialRotate(FILE), 0);
  const inUse = makeEvent({ type, body, flags, end: 4, checksum: true });
  assertThrows(() => special.formatDescription(inUse, 4), FormatError, "in-use");
  const changed = file.events[0]!.slice();
  changed[60]! ^= 1;
  assertThrows(() => special.formatDescription(changed, 4), FormatError);
  assertEquals(special.awaitsFormat, true);
});

Deno.test("every byte of an artificial event is under its CRC", () => {
  const whole = artificialRotate(FILE);
  for (let at = 0; at < whole.length; at++) {
    const changed = whole.slice();
    changed[at]! ^= 4;
    assertThrows(() => begin().special.artificialRotate(changed, 0), FormatError);
    assertThrows(() => begin().special.checkArtificial(changed, 0), FormatError);
  }
});

Deno.test("a heartbeat elsewhere than the stream is a hole", () => {
  const { special, state } = begun();
  special.heartbeat(heartbeat(500), 500);
  special.heartbeat(heartbeat(500), 2 ** 32 + 500);
  // The second version carries its position in the body.
  special.heartbeat(heartbeat(777, EVENT_TYPE.HEARTBEAT_LOG_EVENT_V2), 500);
  for (const logPos of [400, 600]) {
    const error = assertThrows(
      () => special.heartbeat(heartbeat(logPos), 500),
      FormatError,
      "Hole",
    );
    assertEquals([error.details.expected, error.details.found], ["500", String(logPos)]);
  }
  assertEquals(state.heartbeats, 5);
});

Deno.test("an event that comes too early is told with what must come", () => {
  const { special } = begin();
  const type = EVENT_TYPE.XID_EVENT;
  assertEquals(special.unexpected(type, 4).details.expected, "an artificial ROTATE_EVENT");
  special.artificialRotate(artificialRotate(FILE), 0);
  assertEquals(special.unexpected(type, 4).details.expected, "FORMAT_DESCRIPTION_EVENT");
  assertEquals(special.unexpected(type, 4).details.found, "XID_EVENT");
});
