import { assertEquals } from "@std/assert";
import { EVENT_HEADER_SIZE, HEADER_OFFSET } from "../../lib/binlog/event_header.ts";
import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import { GtidSet } from "../../lib/gtid/gtid_set.ts";
import { MysqlFilter } from "../../lib/server/mysql_filter.ts";

const UUID = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

/** A GTID_LOG_EVENT as far as the filter reads it: header, flags, UUID, gno. */
function gtidEvent(gno: bigint): Uint8Array {
  const event = new Uint8Array(EVENT_HEADER_SIZE + 25);
  event[HEADER_OFFSET.eventType] = EVENT_TYPE.GTID_LOG_EVENT;
  const hex = UUID.replaceAll("-", "");
  for (let i = 0; i < 16; i++) {
    event[EVENT_HEADER_SIZE + 1 + i] = parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  }
  new DataView(event.buffer).setBigInt64(EVENT_HEADER_SIZE + 17, gno, true);
  return event;
}

Deno.test("a replica's transactions are left out by their exact number, however large", () => {
  const large = 2n ** 53n;
  const set = GtidSet.parse(`${UUID}:1-5:${large + 1n}`);
  const filter = new MysqlFilter(set);
  const skips = (gno: bigint): boolean => {
    const event = gtidEvent(gno);
    return filter.skips(event, 0, event.length);
  };
  assertEquals([1n, 5n, 6n].map(skips), [true, true, false]);
  assertEquals([large, large + 1n, large + 2n, 2n ** 63n - 2n].map(skips), [
    false,
    true,
    false,
    false,
  ]);
});
