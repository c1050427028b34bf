/** A file that ends without a rotate or stop event, while the stream goes on with another. */
import { assert, assertEquals } from "@std/assert";
import { TransactionTracker } from "../../lib/binlog/transaction_tracker.ts";
import { artificialRotate, dumpPackets, eofPacket, FileBuilder } from "../_events.ts";
import { pipelineTest, runPipeline, withFolder } from "../_pipeline.ts";

const [FIRST, SECOND] = ["binlog.000001", "binlog.000002"];

function files(): [FileBuilder, FileBuilder] {
  return [
    new FileBuilder(FIRST).format().transaction(1).transaction(2),
    new FileBuilder(SECOND).format().transaction(3),
  ];
}

pipelineTest(
  "a file is left without an event that closes it only where that was asked for",
  async () => {
    const [first, second] = files();
    const events = [
      artificialRotate(FIRST),
      ...first.events,
      artificialRotate(SECOND),
      ...second.events,
    ];
    const stream = dumpPackets(events);
    for (const mayLeave of [undefined, SECOND, FIRST]) {
      for (const size of [stream.length, 1, 37]) {
        await withFolder(async (dir) => {
          const chunks: Uint8Array[] = [];
          for (let at = 0; at < stream.length; at += size) {
            chunks.push(stream.subarray(at, at + size));
          }
          const { state, store } = await runPipeline(dir, chunks, mayLeave ? { mayLeave } : {});
          // What came before is stored whole, whatever came in one batch with what was not taken.
          assertEquals(await Deno.readFile(`${dir}/${FIRST}`), first.bytes());
          if (mayLeave === FIRST) {
            assertEquals(state.unclosed, undefined);
            assertEquals(await Deno.readFile(`${dir}/${SECOND}`), second.bytes());
          } else {
            assertEquals(state.unclosed?.file, FIRST);
            assert(state.unclosed?.message.includes(SECOND));
            assertEquals(store.has(SECOND), false);
          }
        });
      }
    }
  },
);

pipelineTest("a source that was asked for the file just now may leave it", async () => {
  const [first, second] = files();
  const events = [artificialRotate(FIRST), ...first.events, artificialRotate(SECOND)];
  await withFolder(async (dir) => {
    const stream = dumpPackets([...events, ...second.events]);
    const { state, store } = await runPipeline(dir, [stream], { file: FIRST });
    assertEquals([state.unclosed, store.has(SECOND)], [undefined, true]);
  });
  // The same stream a second after it was asked for.
  const { now } = performance;
  let late = 0;
  performance.now = () => now.call(performance) + (late += 1001);
  try {
    await withFolder(async (dir) => {
      const stream = dumpPackets([...events, ...second.events]);
      const { state } = await runPipeline(dir, [stream], { file: FIRST });
      assertEquals(state.unclosed?.file, FIRST);
    });
  } finally {
    performance.now = now;
  }
});

pipelineTest("an end inside a transaction is told from one between two", async () => {
  const [first] = files();
  for (let count = 1; count <= first.events.length; count++) {
    const events = [artificialRotate(FIRST), ...first.events.slice(0, count)];
    await withFolder(async (dir) => {
      const { state } = await runPipeline(dir, [
        dumpPackets(events),
        eofPacket(events.length + 1),
      ]);
      const tracker = new TransactionTracker();
      for (const event of events.slice(1)) tracker.next(event, 0, event.length - 4);
      assertEquals([state.ended, state.endedInside], [true, tracker.inTransaction]);
    });
  }
});
