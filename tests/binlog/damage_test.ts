/** Every decoder, fed with bodies that are cut and changed, throws FormatError or nothing. */
import { assert } from "@std/assert";
import { EVENT_HEADER_SIZE, HEADER_OFFSET } from "../../lib/binlog/event_header.ts";
import type { EventView } from "../../lib/inspect/event_view.ts";
import { eventDetails } from "../../lib/inspect/event_details.ts";
import { eventFields } from "../../lib/inspect/event_fields.ts";
import { eventInfo } from "../../lib/inspect/event_info.ts";
import { isMariadbVersion } from "../../lib/binlog/format_description_event.ts";
import { ByteReader } from "../../lib/bytes/byte_reader.ts";
import { FormatError } from "../../lib/errors.ts";
import { type SampleEvent, sampleEvents } from "./_samples.ts";

/** One event of each type and file, so that the test stays short. */
function oneOfEach(): SampleEvent[] {
  const seen = new Set<string>();
  return sampleEvents().filter(({ file, type, event }) => {
    const key = `${file} ${type}`;
    if (seen.has(key) || event.length > 2000) return false;
    seen.add(key);
    return true;
  });
}

function viewOf(sample: SampleEvent, event: Uint8Array): EventView {
  const view = new DataView(event.buffer, event.byteOffset, event.byteLength);
  return {
    file: sample.file,
    position: sample.position,
    endPosition: sample.position + event.length,
    timestamp: 0,
    eventType: event[HEADER_OFFSET.eventType]!,
    serverId: view.getUint32(HEADER_OFFSET.serverId, true),
    eventSize: event.length,
    logPos: 0,
    flags: 0,
    checksumSize: sample.checksumSize,
    format: sample.format,
    buffer: event,
    offset: 0,
    headSize: event.length,
    head: event,
    whole: true,
    nextPart: () => undefined,
  };
}

/** Runs all that reads bodies; returns how many of them threw. */
function readAll(sample: SampleEvent, event: Uint8Array): number {
  const flavour = isMariadbVersion(sample.format.serverVersion) ? "mariadb" : "mysql";
  const { checksumSize } = sample;
  const view = viewOf(sample, event);
  const body = event.subarray(0, Math.max(0, event.length - checksumSize));
  let thrown = 0;
  for (
    const read of [
      () => eventInfo(event, { checksumSize, flavour }),
      () => eventDetails(view, flavour),
      () => eventFields(view, new ByteReader(body, EVENT_HEADER_SIZE), flavour),
    ]
  ) {
    try {
      read();
    } catch (error) {
      assert(error instanceof FormatError, `${sample.file}:${sample.position}: ${error}`);
      thrown++;
    }
  }
  return thrown;
}

Deno.test("whole events of every type are read without an error", () => {
  for (const sample of sampleEvents()) {
    assert(readAll(sample, sample.event) === 0, `${sample.file}:${sample.position}`);
  }
});

Deno.test("events cut at every length throw FormatError or nothing", () => {
  let thrown = 0;
  for (const sample of oneOfEach()) {
    const smallest = EVENT_HEADER_SIZE + sample.checksumSize;
    for (let size = smallest; size < sample.event.length; size++) {
      const cut = sample.event.slice(0, size);
      new DataView(cut.buffer).setUint32(HEADER_OFFSET.eventSize, size, true);
      thrown += readAll(sample, cut);
    }
  }
  assert(thrown > 1000, `${thrown} errors`);
});

Deno.test("events with each byte of the body changed throw FormatError or nothing", () => {
  let thrown = 0;
  for (const sample of oneOfEach()) {
    for (let at = EVENT_HEADER_SIZE; at < sample.event.length; at++) {
      for (const value of [0, 0xff, sample.event[at]! ^ 1]) {
        const changed = sample.event.slice();
        changed[at] = value;
        thrown += readAll(sample, changed);
      }
    }
  }
  assert(thrown > 1000, `${thrown} errors`);
});
