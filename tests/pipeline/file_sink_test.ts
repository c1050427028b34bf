import { assert, assertEquals, assertRejects } from "@std/assert";
import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import { StoreIoError } from "../../lib/errors.ts";
import type { FileSink } from "../../lib/pipeline/file_sink.ts";
import { StoreFile } from "../../lib/pipeline/store_file.ts";
import { storeIoError } from "../../lib/store/store_io_error.ts";
import { artificialRotate, dumpPackets, FileBuilder } from "../_events.ts";
import { kernelTest, type PipelineRun, runPipeline, withFolder } from "../_pipeline.ts";

const FILE = "binlog.000001";

/** Files whose n-th sync fails as a bad disk's does; `good` is what had been synced till then. */
function failingFiles(failing: number): { files: typeof StoreFile; good: () => number } {
  let syncs = 0;
  let good = 0;
  class FailingFile extends StoreFile {
    override sync(eventEnd: number): Promise<void> {
      const error = storeIoError("sync", this.path, new Error("I/O error"));
      if (++syncs === failing) return Promise.reject(error);
      // At once, so that there are as many syncs as batches.
      good = this.durable = Math.min(this.size, eventEnd);
      return Promise.resolve();
    }
  }
  return { files: FailingFile, good: () => good };
}

function transactions(count: number): { file: FileBuilder; chunks: Uint8Array[] } {
  const file = new FileBuilder(FILE).format();
  for (let gno = 1; gno <= count; gno++) file.transaction(gno);
  const events = [artificialRotate(FILE), ...file.events];
  const stream = dumpPackets(events, {
    semiSync: true,
    ackAt: (index) => events[index]![4] === EVENT_TYPE.XID_EVENT,
  });
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < stream.length; at += 150) chunks.push(stream.subarray(at, at + 150));
  return { file, chunks };
}

kernelTest("after a sync that failed nothing since the last good one is trusted", async () => {
  const { file, chunks } = transactions(40);
  for (const failing of [1, 2, 5]) {
    await withFolder(async (dir) => {
      const { files, good } = failingFiles(failing);
      let sink: FileSink | undefined;
      let run: PipelineRun | undefined;
      await assertRejects(
        async () => {
          run = await runPipeline(dir, chunks, {
            semiSync: true,
            storeFiles: files,
            onSink: (own) => sink = own,
          });
        },
        StoreIoError,
        "Cannot sync",
      );
      assertEquals(run, undefined);
      const size = (await Deno.stat(`${dir}/${FILE}`)).size;
      assertEquals(size, good());
      assertEquals(sink!.cut?.from, good());
      assert(sink!.cut!.to > good());
      // No hint where to go on: whoever does reads the file again.
      assertEquals(sink!.resume, undefined);
      assert(sink!.chain.acked <= Math.max(0, good() - 4), "ACK for what is not durable");
      assertEquals(await Deno.readFile(`${dir}/${FILE}`), file.bytes().subarray(0, size));
    });
  }
});

kernelTest("what was cut off is fetched again, and then acknowledged", async () => {
  const { file, chunks } = transactions(40);
  await withFolder(async (dir) => {
    const { files, good } = failingFiles(3);
    await assertRejects(
      () => runPipeline(dir, chunks, { semiSync: true, storeFiles: files }),
      StoreIoError,
    );
    // The store reads what is left, and asks for the file from its beginning.
    const events = [artificialRotate(FILE), ...file.events];
    const stream = dumpPackets(events, { semiSync: true, ackAt: (i) => i === events.length - 1 });
    const run = await runPipeline(dir, [stream], {
      semiSync: true,
      file: FILE,
      files: [FILE],
      resume: {
        file: FILE,
        eventEnd: Math.max(4, good()),
        transactionEnd: 4,
        previousTransactionEnd: 4,
      },
    });
    assertEquals(run.acks, [{ file: FILE, position: file.position }]);
    assertEquals(await Deno.readFile(`${dir}/${FILE}`), file.bytes());
  });
});

kernelTest("a sync that fails at the end of a file, or of the stream, is no good end", async () => {
  const one = new FileBuilder(FILE).format().transaction(1).rotate("binlog.000002");
  const two = new FileBuilder("binlog.000002").format();
  const events = [artificialRotate(FILE), ...one.events];
  const more = [...events, artificialRotate(two.name), ...two.events];
  for (const sent of [events, more]) {
    await withFolder(async (dir) => {
      const { files } = failingFiles(1);
      let sink: FileSink | undefined;
      await assertRejects(
        () =>
          runPipeline(dir, [dumpPackets(sent)], {
            storeFiles: files,
            onSink: (own) => sink = own,
          }),
        StoreIoError,
        "Cannot sync",
      );
      assert(sink!.failure instanceof StoreIoError);
      assertEquals((await Deno.stat(`${dir}/${FILE}`)).size, 0);
      assertEquals([...Deno.readDirSync(dir)].length, 1, "the next file was begun");
    });
  }
});
