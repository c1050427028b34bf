/** What is written is what was read, for all events that binlogd writes. */
import { assert, assertEquals } from "@std/assert";
import {
  decodeHeartbeatEvent,
  decodeHeartbeatV2Event,
  encodeHeartbeatEvent,
  encodeHeartbeatV2Event,
} from "../../lib/binlog/control_events.ts";
import { decodeEventHeader, encodeEventHeader } from "../../lib/binlog/event_header.ts";
import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import {
  decodeFormatDescriptionEvent,
  encodeFormatDescriptionEvent,
} from "../../lib/binlog/format_description_event.ts";
import { decodeGtidDetails, encodeGtidDetails } from "../../lib/binlog/gtid_details.ts";
import { decodeQueryEvent, encodeQueryEvent } from "../../lib/binlog/query_event.ts";
import { decodeRotateEvent, encodeRotateEvent } from "../../lib/binlog/rotate_event.ts";
import { ByteReader } from "../../lib/bytes/byte_reader.ts";
import { ByteWriter } from "../../lib/bytes/byte_writer.ts";
import { decodeGtidSet, encodeGtidSet } from "../../lib/gtid/gtid_set_codec.ts";
import { sampleEvents } from "./_samples.ts";

type RoundTrip = (body: Uint8Array) => Uint8Array;

const gtid: RoundTrip = (body) => encodeGtidDetails(decodeGtidDetails(new ByteReader(body)));
const ROUND_TRIPS = new Map<number, RoundTrip>([
  [EVENT_TYPE.ROTATE_EVENT, (body) => encodeRotateEvent(decodeRotateEvent(body))],
  [EVENT_TYPE.GTID_LOG_EVENT, gtid],
  [EVENT_TYPE.ANONYMOUS_GTID_LOG_EVENT, gtid],
  [EVENT_TYPE.PREVIOUS_GTIDS_LOG_EVENT, (body) => encodeGtidSet(decodeGtidSet(body))],
  [EVENT_TYPE.QUERY_EVENT, (body) => encodeQueryEvent(decodeQueryEvent(new ByteReader(body)))],
  [
    EVENT_TYPE.HEARTBEAT_LOG_EVENT,
    (body) => encodeHeartbeatEvent(decodeHeartbeatEvent(new ByteReader(body))),
  ],
  [
    EVENT_TYPE.HEARTBEAT_LOG_EVENT_V2,
    (body) => encodeHeartbeatV2Event(decodeHeartbeatV2Event(new ByteReader(body))),
  ],
]);

Deno.test("serialise(parse(event)) gives the same bytes", () => {
  const seen = new Set<number>();
  for (const { type, event, checksumSize, file, position } of sampleEvents()) {
    const where = `${file}:${position}`;
    const writer = new ByteWriter();
    encodeEventHeader(writer, decodeEventHeader(new ByteReader(event)));
    assertEquals(writer.done(), event.subarray(0, 19), where);
    if (type === EVENT_TYPE.FORMAT_DESCRIPTION_EVENT) {
      const written = encodeFormatDescriptionEvent(
        decodeFormatDescriptionEvent(event.subarray(19)),
      );
      assertEquals(written, event.subarray(19, event.length - 4), where);
      seen.add(type);
      continue;
    }
    const roundTrip = ROUND_TRIPS.get(type);
    if (!roundTrip) continue;
    const body = event.subarray(19, event.length - checksumSize);
    assertEquals(roundTrip(body), body, where);
    seen.add(type);
  }
  const wanted = [...ROUND_TRIPS.keys()].filter((type) =>
    type !== EVENT_TYPE.ANONYMOUS_GTID_LOG_EVENT
  );
  for (const type of wanted) assert(seen.has(type), `no sample of type ${type}`);
});

Deno.test("a GTID event with everything in it round-trips", () => {
  const full = {
    flags: 1,
    mayHaveStatements: true,
    uuid: "3e11fa47-71ca-11e1-9e33-c80aa9429562",
    tag: "",
    gno: 2n ** 62n,
    lastCommitted: 2n ** 40n,
    sequenceNumber: 2n ** 40n + 1n,
    immediateCommitTime: 1_700_000_000_000_001n,
    originalCommitTime: 1_700_000_000_000_000n,
    transactionLength: 2n ** 33n,
    immediateServerVersion: 90704,
    originalServerVersion: 80032,
    commitGroupTicket: 77n,
  };
  assertEquals(decodeGtidDetails(new ByteReader(encodeGtidDetails(full).slice())), full);
});
