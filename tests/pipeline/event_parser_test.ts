/** Files of real servers as a dump brings them: stored as they were, in any pieces, and never damaged. */
import { assert, assertEquals } from "@std/assert";
import { EventScanner } from "../../lib/binlog/event_scanner.ts";
import { TransactionTracker } from "../../lib/binlog/transaction_tracker.ts";
import { BinlogdError } from "../../lib/errors.ts";
import { artificialRotate, dumpPackets } from "../_events.ts";
import { KERNELS, runPipeline, withFolder } from "../_pipeline.ts";
import { SPLITS } from "../_split.ts";

const TESTDATA = new URL("../../testdata/", import.meta.url).pathname;
const KINDS = ["mysql97", "mariadb1011", "mariadb118"];

interface RealFile {
  name: string;
  bytes: Uint8Array;
  events: Uint8Array[];
  transactions: number;
  /** Ends of the last two transactions. */
  ends: [number, number];
  checksum: boolean;
}

function readReal(kind: string, name: string): RealFile {
  const bytes = Deno.readFileSync(`${TESTDATA}${kind}/${name}`);
  using file = Deno.openSync(`${TESTDATA}${kind}/${name}`);
  const scanner = new EventScanner(file, { file: name });
  const tracker = new TransactionTracker();
  const real: RealFile = {
    name,
    bytes,
    events: [],
    transactions: 0,
    ends: [4, 4],
    checksum: false,
  };
  while (scanner.next()) {
    real.events.push(bytes.slice(scanner.position, scanner.endPosition));
    real.checksum = scanner.checksumSize > 0;
    tracker.next(scanner.buffer, scanner.offset, scanner.eventSize - scanner.checksumSize);
    if (!tracker.ended) continue;
    real.transactions++;
    real.ends = [real.ends[1], scanner.endPosition];
  }
  return real;
}

function streamOf(files: RealFile[]): Uint8Array {
  return dumpPackets(files.flatMap(({ name, events }) => [artificialRotate(name), ...events]));
}

for (const kind of KINDS) {
  const files = ["binlog.000001", "binlog.000002", "binlog.000003"].map((name) =>
    readReal(kind, name)
  );
  const stream = streamOf(files);
  for (const kernel of KERNELS) {
    for (const split of SPLITS) {
      Deno.test(`real files are stored as they are, ${kind}, ${split.name}, ${kernel.name}`, async () => {
        await withFolder(async (dir) => {
          let transactions = 0;
          const run = await runPipeline(dir, split.chunks(stream), {
            kernel: kernel.make(),
            tap: (batch) => transactions += batch.transactions,
          });
          for (const { name, bytes } of files) {
            assertEquals(await Deno.readFile(`${dir}/${name}`), bytes, name);
          }
          const count = (of: (file: RealFile) => number): number =>
            files.reduce((sum, file) => sum + of(file), 0);
          assertEquals(run.state.events, count((file) => file.events.length));
          assertEquals(transactions, count((file) => file.transactions));
          assertEquals(run.state.file, "binlog.000003");
          const last = files[2]!;
          const { eventEnd, transactionEnd, previousTransactionEnd } = run.sink.resume!;
          assertEquals(eventEnd, last.bytes.length);
          assertEquals([previousTransactionEnd, transactionEnd], last.ends);
        });
      });
    }
  }

  Deno.test(`no changed byte of a real file is stored, ${kind}`, async () => {
    const file = files[1]!;
    assert(file.checksum);
    const damaged = streamOf([file]);
    const from = damaged.length - file.bytes.length;
    for (let at = from; at < damaged.length; at += 3) {
      const changed = damaged.slice();
      changed[at]! ^= 1 << (at % 8);
      const kernel = KERNELS[at % KERNELS.length]!.make();
      await withFolder(async (dir) => {
        const error = await runPipeline(dir, [changed], { kernel }).then(() => undefined, (e) => e);
        assert(error instanceof BinlogdError, `byte ${at}: ${error}`);
        const stored = await Deno.readFile(`${dir}/${file.name}`).catch(() => new Uint8Array());
        assertEquals(stored, file.bytes.subarray(0, stored.length), `byte ${at}`);
      });
    }
  });

  Deno.test(`a stream cut anywhere leaves a beginning of the file, ${kind}`, async () => {
    const file = files[1]!;
    const whole = streamOf([file]);
    for (let size = 0; size < whole.length; size += 7) {
      const kernel = KERNELS[size % KERNELS.length]!.make();
      await withFolder(async (dir) => {
        await runPipeline(dir, [whole.subarray(0, size)], { kernel })
          .catch((error) => assert(error instanceof BinlogdError, `${size}: ${error}`));
        const stored = await Deno.readFile(`${dir}/${file.name}`).catch(() => new Uint8Array());
        assertEquals(stored, file.bytes.subarray(0, stored.length), `cut to ${size}`);
      });
    }
  });
}
