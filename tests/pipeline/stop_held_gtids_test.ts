import { assertEquals } from "@std/assert";
import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import { GtidSet } from "../../lib/gtid/gtid_set.ts";
import { encodeGtidSet } from "../../lib/gtid/gtid_set_codec.ts";
import { HeldGtids } from "../../lib/pipeline/stop_held_gtids.ts";
import { FileBuilder } from "../_events.ts";

const UUID = "00000000-0000-0000-0000-000000000000";

/** The last event that `build` adds to a file, without its checksum. */
function event(build: (file: FileBuilder) => FileBuilder): Uint8Array {
  return build(new FileBuilder("b.000001")).events.pop()!.slice(0, -4);
}

function previousGtids(set: string): Uint8Array {
  const body = encodeGtidSet(GtidSet.parse(set)).slice();
  return event((file) => file.add(EVENT_TYPE.PREVIOUS_GTIDS_LOG_EVENT, body));
}

Deno.test("a GTID is held once its transaction has ended", () => {
  const held = new HeldGtids();
  held.take(previousGtids(`${UUID}:1-3`));
  assertEquals(held.toString(), `${UUID}:1-3`);
  const gtid = event((file) => file.gtid(4));
  held.take(gtid);
  // The event is a view of memory that the next ones overwrite.
  gtid.fill(0xff);
  held.take(event((file) => file.query("BEGIN")));
  assertEquals(held.toString(), `${UUID}:1-3`);
  held.transactionEnded();
  assertEquals(held.toString(), `${UUID}:1-4`);
  held.transactionEnded();
  assertEquals(held.toString(), `${UUID}:1-4`);
});

Deno.test("a transaction that the next file begins behind is not held", () => {
  const held = new HeldGtids();
  held.take(previousGtids(""));
  held.take(event((file) => file.gtid(4)));
  held.take(previousGtids(`${UUID}:1-2`));
  held.transactionEnded(); // one without GTID
  assertEquals(held.toString(), `${UUID}:1-2`);
});
