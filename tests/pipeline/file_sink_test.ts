import { assert, assertEquals, assertRejects } from "@std/assert";
import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import { StoreIoError } from "../../lib/errors.ts";
import type { FileSink } from "../../lib/pipeline/file_sink.ts";
import { StopAtPosition } from "../../lib/pipeline/stop_at_position.ts";
import { StoreFile } from "../../lib/pipeline/store_file.ts";
import { storeIoError } from "../../lib/store/store_io_error.ts";
import { artificialRotate, dumpPackets, FileBuilder } from "../_events.ts";
import {
  ListStore,
  type PipelineRun,
  pipelineTest,
  runPipeline,
  withFolder,
} from "../_pipeline.ts";

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

function transactions(
  count: number,
  semiSync = true,
): { file: FileBuilder; chunks: Uint8Array[] } {
  const file = new FileBuilder(FILE).format();
  for (let gno = 1; gno <= count; gno++) file.transaction(gno);
  const events = [artificialRotate(FILE), ...file.events];
  const stream = dumpPackets(events, {
    semiSync,
    ackAt: (index) => semiSync && events[index]![4] === EVENT_TYPE.XID_EVENT,
  });
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < stream.length; at += 150) chunks.push(stream.subarray(at, at + 150));
  return { file, chunks };
}

pipelineTest("after a sync that failed nothing since the last good one is trusted", async () => {
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

pipelineTest("what was cut off is fetched again, and then acknowledged", async () => {
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

pipelineTest(
  "a sync that fails at the end of a file, or of the stream, is no good end",
  async () => {
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
  },
);

/** Files that note how much of them was there when the last sync began, as a bad disk keeps it. */
function notingFiles(delayMs = 0): { files: typeof StoreFile; synced: Map<string, number> } {
  const synced = new Map<string, number>();
  class NotingFile extends StoreFile {
    override async sync(eventEnd: number): Promise<void> {
      const { name, size } = this;
      const syncing = super.sync(eventEnd);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      await syncing;
      synced.set(name, size);
    }
  }
  return { files: NotingFile, synced };
}

Deno.test("what is cut while a sync is under way is not durable", async () => {
  await withFolder(async (dir) => {
    const file = StoreFile.create(dir, FILE);
    file.append(new Uint8Array(100));
    const syncing = file.sync(104);
    file.truncate(50);
    await syncing;
    assertEquals(file.durable, 50);
    await file.sync(50);
    assertEquals(file.durable, 50);
    file.close();
  });
});

pipelineTest("nothing is promised that a stop condition cuts", async () => {
  const file = new FileBuilder(FILE).format();
  for (let gno = 1; gno <= 5; gno++) file.transaction(gno);
  const whole = file.position;
  file.transaction(6, 3000);
  // The position is in the middle of the last transaction, before its rows.
  const events = [artificialRotate(FILE), ...file.events];
  const position = file.position - events[events.length - 1]!.length - 1;
  const stream = dumpPackets(events, { semiSync: true, ackAt: () => true });
  for (const size of [60, 150, stream.length]) {
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < stream.length; at += size) chunks.push(stream.subarray(at, at + size));
    for (const delayMs of [0, 3]) {
      await withFolder(async (dir) => {
        const { files } = notingFiles(delayMs);
        let durable = 0;
        const run = await runPipeline(dir, chunks, {
          semiSync: true,
          storeFiles: files,
          stop: new StopAtPosition(FILE, position),
          sink: {
            mayBeCut: true,
            sync: { kind: "always" },
            onProgress: (now) => {
              assert(now.durable >= durable && now.durable <= whole, `${now.durable} is promised`);
              durable = now.durable;
            },
          },
        });
        assertEquals(run.state.stopped, true);
        assertEquals(await Deno.readFile(`${dir}/${FILE}`), file.bytes().subarray(0, whole));
        assertEquals(durable, whole);
        // Events of the transaction asked for ACKs too: they get one for what stays.
        assertEquals(run.acks[run.acks.length - 1], { file: FILE, position: whole });
      });
    }
  }
});

pipelineTest("what is not cut in the end is promised then", async () => {
  const file = new FileBuilder(FILE).format().transaction(1).gtid(2).query("BEGIN");
  const stream = dumpPackets([artificialRotate(FILE), ...file.events]);
  await withFolder(async (dir) => {
    let durable = 0;
    await runPipeline(dir, [stream], {
      stop: new StopAtPosition(FILE, 1_000_000),
      sink: { mayBeCut: true, onProgress: (now) => durable = now.durable },
    });
    assertEquals(durable, file.position);
  });
});

pipelineTest(
  "an ACK that can't be sent is the last, and keeps nothing from being synced",
  async () => {
    const { file, chunks } = transactions(40);
    await withFolder(async (dir) => {
      const { files, synced } = notingFiles(2);
      let tries = 0;
      const { sink } = await runPipeline(dir, chunks, {
        semiSync: true,
        storeFiles: files,
        sink: { acknowledge: () => Promise.reject(new Error(`broken ${++tries}`)) },
      });
      assertEquals([tries, sink.counts.acks, sink.chain.acked], [1, 0, 0]);
      assertEquals(synced.get(FILE), file.position);
      assertEquals(sink.failure, undefined);
    });
  },
);

pipelineTest(
  "what came before a write that fails is synced, a part of that write too",
  async () => {
    const { file, chunks } = transactions(40, false);
    await withFolder(async (dir) => {
      const { files, synced } = notingFiles();
      let durable = 0;
      let calls = 0;
      const { writeSync } = Deno.FsFile.prototype;
      Deno.FsFile.prototype.writeSync = function (bytes): number {
        if (++calls <= 20) return writeSync.call(this, bytes);
        if (calls === 21) return writeSync.call(this, bytes.subarray(0, 5));
        throw new Error("No space left on device (os error 28)");
      };
      try {
        const error = await assertRejects(
          () =>
            runPipeline(dir, chunks, {
              storeFiles: files,
              sink: { sync: { kind: "none" }, onProgress: (now) => durable = now.durable },
            }),
          StoreIoError,
          "no space left",
        );
        assert(error instanceof StoreIoError);
      } finally {
        Deno.FsFile.prototype.writeSync = writeSync;
      }
      const { size } = await Deno.stat(`${dir}/${FILE}`);
      assertEquals(synced.get(FILE), size);
      assertEquals(await Deno.readFile(`${dir}/${FILE}`), file.bytes().subarray(0, size));
      // Of the last batch nobody has said where its events end.
      assert(durable > 4 && durable <= size - 5, `${durable} of ${size}`);
    });
  },
);

Deno.test("a file that is not taken into the index is left alone", async () => {
  await withFolder(async (dir) => {
    const seen: string[] = [];
    const stream = dumpPackets(
      [artificialRotate(FILE), ...new FileBuilder(FILE).format().events],
    );
    const refusing = new (class extends ListStore {
      override append(): Promise<void> {
        return Promise.reject(new Error("no"));
      }
    })(dir);
    await assertRejects(
      () =>
        runPipeline(dir, [stream], {
          sink: { store: refusing, onProgress: ({ file }) => seen.push(file) },
        }),
      StoreIoError,
      "add to the index",
    );
    assertEquals(seen, []);
  });
});
