import { EventScanner } from "../binlog/event_scanner.ts";
import { EVENT_TYPE } from "../binlog/event_type.ts";
import { GtidTracker } from "../binlog/gtid_event.ts";

/** Event types that say something of GTIDs. */
const GTID_TYPES: ReadonlySet<number> = new Set([
  EVENT_TYPE.PREVIOUS_GTIDS_LOG_EVENT,
  EVENT_TYPE.GTID_LOG_EVENT,
  EVENT_TYPE.GTID_TAGGED_LOG_EVENT,
  EVENT_TYPE.GTID_LIST_EVENT,
  EVENT_TYPE.GTID_EVENT,
]);

/**
 * GTIDs up to the end of the newest file: what that file says came before it, and its own. Reads
 * one file. `end`: where to stop in it.
 */
export function readStoreGtids(path: string, file: string, end = Infinity): GtidTracker {
  const tracker = new GtidTracker();
  using handle = Deno.openSync(path, { read: true });
  const scanner = new EventScanner(handle, { file });
  while (scanner.endPosition < end && scanner.next()) {
    if (GTID_TYPES.has(scanner.eventType)) {
      tracker.take(scanner.head.subarray(0, scanner.headSize - scanner.checksumSize));
    }
  }
  return tracker;
}
