import { assertEquals, assertMatch } from "@std/assert";
import { DumpProgress } from "../../lib/cli/dump_progress.ts";
import { StreamState } from "../../lib/pipeline/stream_state.ts";
import type { DumpStream } from "../../lib/source/dump_stream.ts";
import type { Session } from "../../lib/source/session_setup.ts";
import type { Store } from "../../lib/store/store.ts";

const MIB = 2 ** 20;

/** A progress line of a stream whose newest event is an hour old, with the store at 3 of 10 MiB. */
function makeProgress(
  forever: boolean,
  clockAheadMs = 0,
): { progress: DumpProgress; stream: { state: StreamState; idleMs: number } } {
  const progress = new DumpProgress(forever);
  const state = new StreamState(false);
  state.timestamp = Math.floor(Date.now() / 1000) - 3600;
  state.events = 1;
  const stream = { state, idleMs: 0, acked: undefined };
  const position = { file: "binlog.000002", written: MIB, durable: 0 };
  progress.store = { end: { position: () => position } } as unknown as Store;
  // What the line is made of, and no stream behind it.
  progress.follow(stream as unknown as DumpStream, { clockAheadMs } as Session);
  progress.sourceFiles([
    { name: "binlog.000001", size: 2 * MIB },
    { name: "binlog.000002", size: 8 * MIB },
  ]);
  return { progress, stream };
}

Deno.test("seconds, bytes and percent say how far it is to the end", () => {
  const { progress } = makeProgress(false);
  const line = progress.render();
  assertMatch(line, /^binlog\.000002:1048576 {2}/);
  assertMatch(line, / {2}60 min \d s behind {2}/);
  assertMatch(line, /7\.00 MiB behind {2}30\.0 %$/);
  assertMatch(makeProgress(true).progress.render(), /7\.00 MiB behind$/);
});

Deno.test("seconds are told by the source's clock", () => {
  const { progress } = makeProgress(true, 600_000);
  assertMatch(progress.render(), / {2}70 min \d s behind {2}/);
});

Deno.test("with nothing more to come, it is no second behind, whatever ends the silence", () => {
  const { now } = Date;
  const time = now();
  // All lines are of one time.
  Date.now = () => time;
  try {
    const { progress, stream } = makeProgress(true);
    const late = progress.render();
    stream.idleMs = 1000;
    const quiet = progress.render();
    assertMatch(quiet, / 0 ?s behind/);
    stream.idleMs = 0;
    assertEquals(behind(progress), behindOf(late));
    stream.state.heartbeats++;
    assertEquals(behind(progress), behindOf(quiet));
    stream.state.events++;
    assertEquals(behind(progress), behindOf(late));
  } finally {
    Date.now = now;
  }
});

function behind(progress: DumpProgress): string {
  return behindOf(progress.render());
}

/** The part of a line that tells seconds. */
function behindOf(line: string): string {
  return line.split("  ").find((part) => part.endsWith(" behind"))!;
}
