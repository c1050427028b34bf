import { assertEquals, assertRejects } from "@std/assert";
import { equals } from "@std/bytes";
import fc from "fast-check";
import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import { ByteWriter } from "../../lib/bytes/byte_writer.ts";
import { FormatError } from "../../lib/errors.ts";
import { KERNEL_MODULE_FILE, kernelModule } from "../../scripts/build_kernel.ts";
import { artificialRotate, dumpPackets, FileBuilder } from "../_events.ts";
import { KERNELS, runPipeline, withFolder } from "../_pipeline.ts";

const TEXTS = [
  "BEGIN",
  "begin",
  "COMMIT",
  "ROLLBACK",
  "rollback",
  "ROLLBACK TO `s`",
  "XA START X'01',X'',1",
  "XA COMMIT X'01',X'',1",
  "XA ROLLBACK X'01',X'',1",
  "CREATE TABLE t (id INT)",
  "INSERT INTO t VALUES (1)",
  "c",
];

type AnyEvent =
  | { kind: "query"; text: string }
  | { kind: "gtid"; flags: number }
  | { kind: "plain"; type: number; size: number };

/** Any event of the file that a kernel may meet. */
const event: fc.Arbitrary<AnyEvent> = fc.oneof(
  fc.record({ kind: fc.constant("query" as const), text: fc.constantFrom(...TEXTS) }),
  fc.record({ kind: fc.constant("gtid" as const), flags: fc.constantFrom(0, 1, 2, 3) }),
  fc.record({
    kind: fc.constant("plain" as const),
    type: fc.constantFrom(16, 19, 30, 31, 32, 33, 34, 36, 38, 40, 42, 160, 165, 166, 200),
    size: fc.oneof(fc.integer({ min: 33, max: 300 }), fc.constantFrom(255, 256, 257, 5000, 70_000)),
  }),
);

function build(events: AnyEvent[], checksum: boolean): FileBuilder {
  const file = new FileBuilder("binlog.000001", checksum).format();
  for (const [index, one] of events.entries()) {
    file.timestamp += index;
    if (one.kind === "query") file.query(one.text);
    else if (one.kind === "gtid") {
      const body = new ByteWriter().u64(index).u32(0).u8(one.flags).zeros(6);
      file.add(EVENT_TYPE.GTID_EVENT, body.done().slice());
    } else {
      const body = new Uint8Array(one.size - 19);
      for (let i = 0; i < body.length; i++) body[i] = (i * 31 + index) & 255;
      file.add(one.type, body);
    }
  }
  return file;
}

Deno.test("both kernels find the same in the same stream", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(event, { minLength: 1, maxLength: 60 }),
      fc.boolean(),
      fc.boolean(),
      fc.array(fc.boolean(), { minLength: 100, maxLength: 100 }),
      async (events, checksum, semiSync, flags) => {
        const file = build(events, checksum);
        const stream = dumpPackets(
          [artificialRotate(file.name, 4, checksum), ...file.events],
          semiSync ? { semiSync, ackAt: (index) => flags[index]! } : {},
        );
        const seen: unknown[] = [];
        for (const kernel of KERNELS) {
          const found = { events: 0, transactions: 0, ends: {}, acks: {} };
          await withFolder(async (dir) => {
            const run = await runPipeline(dir, [stream], {
              checksum,
              semiSync,
              kernel: kernel.make(),
              tap: (batch) => {
                const { eventEnd, transactionEnd, previousTransactionEnd, timestamp } = batch;
                found.ends = { eventEnd, transactionEnd, previousTransactionEnd, timestamp };
                found.events += batch.events;
                found.transactions += batch.transactions;
              },
            });
            const stored = await Deno.readFile(`${dir}/${file.name}`);
            assertEquals(stored, file.bytes());
            found.acks = run.acks.slice(-1);
          });
          seen.push(found);
        }
        assertEquals(seen[0], seen[1]);
      },
    ),
    { numRuns: 60, seed: 20261123 },
  );
});

Deno.test("of a run of events the damaged one is named, by both kernels", async () => {
  const plain = { kind: "plain" as const, type: EVENT_TYPE.TABLE_MAP_EVENT };
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 33, max: 9000 }), { minLength: 1, maxLength: 200 }),
      fc.nat(),
      fc.array(fc.integer({ min: 1, max: 255 }), { minLength: 1, maxLength: 4 }),
      async (sizes, which, flips) => {
        const file = build(sizes.map((size) => ({ ...plain, size })), true);
        // The first event is the format description; what is flipped is behind the header.
        const index = 1 + which % sizes.length;
        const position = file.events.slice(0, index).reduce((sum, { length }) => sum + length, 4);
        const damaged = file.events.map((bytes) => bytes.slice());
        for (const [i, flip] of flips.entries()) {
          const bytes = damaged[index]!;
          bytes[19 + (which + i * 7919) % (bytes.length - 19)]! ^= flip;
        }
        if (equals(damaged[index]!, file.events[index]!)) return; // flipped back
        const stream = dumpPackets([artificialRotate(file.name, 4, true), ...damaged]);
        for (const kernel of KERNELS) {
          await withFolder(async (dir) => {
            const error = await assertRejects(
              () => runPipeline(dir, [stream], { kernel: kernel.make() }),
              FormatError,
              "Bad checksum",
            );
            assertEquals(error.details.position, position, kernel.name);
          });
        }
      },
    ),
    { numRuns: 40, seed: 20261128 },
  );
});

Deno.test("the assembled kernel is that of its source", async () => {
  assertEquals(await Deno.readTextFile(KERNEL_MODULE_FILE), await kernelModule());
});
