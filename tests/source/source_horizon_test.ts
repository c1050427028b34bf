import { assert, assertEquals } from "@std/assert";
import { StreamState } from "../../lib/pipeline/stream_state.ts";
import type { DumpStream } from "../../lib/source/dump_stream.ts";
import type { Session } from "../../lib/source/session_setup.ts";
import { SourceHorizon } from "../../lib/source/source_horizon.ts";

Deno.test("what is seen of a source reaches to its last heartbeat or event, by our clock", () => {
  const horizon = new SourceHorizon();
  assertEquals([horizon.connected, horizon.seenUpTo], [false, 0]);
  const state = new StreamState(false);
  const session = { clockAheadMs: 60_000 } as Session;
  horizon.follow({ state } as unknown as DumpStream, session);
  assertEquals([horizon.connected, horizon.seenUpTo], [true, 0]);
  const now = Date.now();
  const second = Math.floor(now / 1000);
  // The source's clock is a minute ahead: this event is a minute old.
  state.timestamp = second;
  assertEquals(horizon.seenUpTo, second * 1000 - 62_000);
  state.heartbeatTime = now - 10;
  assertEquals(horizon.seenUpTo, now - 10);
  // A session may give its events any time; nobody has seen what comes after now.
  state.timestamp = second + 3600;
  assert(horizon.seenUpTo <= Date.now());
  horizon.follow(undefined, undefined);
  assertEquals([horizon.connected, horizon.seenUpTo], [false, 0]);
});
