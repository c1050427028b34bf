/** Recovery of whole files of each server: every length, every byte, and what follows a power cut. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { EventScanner } from "../../lib/binlog/event_scanner.ts";
import { TransactionTracker } from "../../lib/binlog/transaction_tracker.ts";
import { StoreError } from "../../lib/errors.ts";
import { type RecoveredFile, recoverFile } from "../../lib/store/recovery.ts";
import { FileBuilder } from "../_events.ts";
import { withFolder } from "../_pipeline.ts";

const TESTDATA = new URL("../../testdata/", import.meta.url).pathname;
const SMALL_MAX = 900;

interface Ends {
  events: number[];
  transactions: number[];
  /** Whether the file's events carry checksums. */
  checksums: boolean;
}

/** Ends of all events, and of all transactions, of a file that is whole. */
function allEnds(path: string): Ends {
  using file = Deno.openSync(path);
  const scanner = new EventScanner(file, { file: path, verifyChecksums: true });
  const tracker = new TransactionTracker();
  const ends: Ends = { events: [4], transactions: [4], checksums: false };
  while (scanner.next()) {
    tracker.next(scanner.buffer, scanner.offset, scanner.eventSize - scanner.checksumSize);
    ends.events.push(scanner.endPosition);
    ends.checksums = scanner.checksumSize > 0;
    if (tracker.ended) ends.transactions.push(scanner.endPosition);
  }
  return ends;
}

function upTo(ends: number[], size: number): number[] {
  return ends.filter((end) => end <= size);
}

/** What recovery has to find in the first `size` bytes. */
function checkFound(found: RecoveredFile, ends: Ends, size: number, what: string): void {
  const transactions = upTo(ends.transactions, size);
  assertEquals({
    eventEnd: found.eventEnd,
    transactionEnd: found.transactionEnd,
    previous: found.previousTransactionEnd,
    safe: found.safeTransactionEnd,
  }, {
    eventEnd: upTo(ends.events, size).at(-1) ?? size,
    transactionEnd: transactions.at(-1) ?? 4,
    previous: transactions.at(-2) ?? 4,
    safe: transactions.at(-1) ?? 4,
  }, what);
}

async function smallFiles(kind: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(`${TESTDATA}${kind}`)) {
    if (!/\.\d{6}$/.test(name)) continue;
    if ((await Deno.stat(`${TESTDATA}${kind}/${name}`)).size < SMALL_MAX) names.push(name);
  }
  assert(names.length >= 3);
  return names.sort();
}

for (const kind of ["mysql97", "mariadb1011", "mariadb118"]) {
  Deno.test(`files cut at every length end at a whole event and transaction, ${kind}`, async () => {
    await withFolder(async (dir) => {
      for (const name of await smallFiles(kind)) {
        const path = `${TESTDATA}${kind}/${name}`;
        const ends = allEnds(path);
        await Deno.copyFile(path, `${dir}/${name}`);
        for (let size = (await Deno.stat(path)).size; size >= 0; size--) {
          Deno.truncateSync(`${dir}/${name}`, size);
          const found = recoverFile(dir, name, 0);
          assertEquals(found.size, size);
          checkFound(found, ends, size, `${name} cut to ${size}`);
        }
      }
    });
  });

  Deno.test(`files changed at every byte of their events end before the change, ${kind}`, async () => {
    await withFolder(async (dir) => {
      for (const name of await smallFiles(kind)) {
        const path = `${TESTDATA}${kind}/${name}`;
        const whole = await Deno.readFile(path);
        const { events, checksums } = allEnds(path);
        if (!checksums) continue;
        await Deno.writeFile(`${dir}/${name}`, whole);
        using file = Deno.openSync(`${dir}/${name}`, { write: true });
        for (let at = 4; at < whole.length; at++) {
          file.seekSync(at, Deno.SeekMode.Start);
          file.writeSync(Uint8Array.of(whole[at]! ^ (1 << (at % 8))));
          const found = recoverFile(dir, name, 0);
          assertEquals(found.eventEnd, upTo(events, at).at(-1), `${name} changed at ${at}`);
          assert(found.transactionEnd <= found.eventEnd);
          file.seekSync(at, Deno.SeekMode.Start);
          file.writeSync(whole.subarray(at, at + 1));
        }
      }
    });
  });

  Deno.test(`what is known of a file's end and what is read agree from every transaction on, ${kind}`, () => {
    const dir = `${TESTDATA}${kind}`;
    const { transactions } = allEnds(`${dir}/binlog.000001`);
    const whole = recoverFile(dir, "binlog.000001", 0);
    assert(transactions.length > 10 && whole.nextFile === "binlog.000002");
    for (const from of transactions.slice(0, -2)) {
      assertEquals(recoverFile(dir, "binlog.000001", 0, from), whole);
    }
  });

  Deno.test(`zeros, noise, and a half of an event at the end are cut off, ${kind}`, async () => {
    await withFolder(async (dir) => {
      const path = `${TESTDATA}${kind}/binlog.000002`;
      const whole = await Deno.readFile(path);
      const other = await Deno.readFile(`${TESTDATA}${kind}/binlog.000001`);
      for (const size of [1, 18, 19, 23, 4096, 200_000]) {
        const noise = Uint8Array.from({ length: size }, (_, i) => (i * 167 + (i >> 3) + 1) & 255);
        const middle = other.subarray(500, 500 + size);
        for (const tail of [new Uint8Array(size), new Uint8Array(size).fill(0xff), noise, middle]) {
          const bytes = new Uint8Array(whole.length + tail.length);
          bytes.set(whole);
          bytes.set(tail, whole.length);
          await Deno.writeFile(`${dir}/binlog.000002`, bytes);
          const found = recoverFile(dir, "binlog.000002", whole.length);
          assertEquals([found.eventEnd, found.size], [whole.length, bytes.length]);
        }
      }
    });
  });
}

Deno.test("a file without checksums is cut at a whole event, and changed to a value or StoreError", async () => {
  const builder = new FileBuilder("binlog.000001", false).format().transaction(1).transaction(2);
  const whole = builder.rotate("binlog.000002").bytes();
  await withFolder(async (dir) => {
    const path = `${dir}/binlog.000001`;
    await Deno.writeFile(path, whole);
    const ends = allEnds(path);
    for (let size = whole.length; size >= 0; size--) {
      Deno.truncateSync(path, size);
      checkFound(recoverFile(dir, "binlog.000001", 0), ends, size, `cut to ${size}`);
    }
    for (let at = 4; at < whole.length; at++) {
      const changed = whole.slice();
      changed[at]! ^= 0x41;
      Deno.writeFileSync(path, changed);
      const found = recoverFile(dir, "binlog.000001", 0);
      assert(found.eventEnd >= 4 && found.eventEnd <= whole.length, `changed at ${at}`);
    }
  });
});

Deno.test("an event of another size than it has asks for no memory of that size", async () => {
  const whole = new FileBuilder("binlog.000001").format().transaction(1).bytes();
  await withFolder(async (dir) => {
    for (const size of [0, 1, 18, 0x7fff_ffff, 0xffff_ffff]) {
      for (const at of [4, new FileBuilder("x").format().position]) {
        const changed = whole.slice();
        new DataView(changed.buffer).setUint32(at + 9, size, true);
        await Deno.writeFile(`${dir}/binlog.000001`, changed);
        const found = recoverFile(dir, "binlog.000001", 0);
        assertEquals(found.eventEnd, at, `size ${size} at ${at}`);
      }
    }
  });
});

Deno.test("a file that ends before the known transaction end is read as a whole", async () => {
  const builder = new FileBuilder("binlog.000001").format().transaction(1);
  const first = builder.position;
  builder.transaction(2).transaction(3);
  await withFolder(async (dir) => {
    await Deno.writeFile(`${dir}/binlog.000001`, builder.bytes());
    const from = recoverFile(dir, "binlog.000001", 0).previousTransactionEnd;
    Deno.truncateSync(`${dir}/binlog.000001`, first + 10);
    const found = recoverFile(dir, "binlog.000001", 0, from);
    assertEquals([found.eventEnd, found.transactionEnd], [first, first]);
  });
});

Deno.test("damage below what was synced is a StoreError that names file, place and way out", async () => {
  const builder = new FileBuilder("binlog.000001").format();
  const place = builder.position;
  const whole = builder.transaction(1).transaction(2).bytes();
  await withFolder(async (dir) => {
    whole[place + 20]! ^= 1;
    await Deno.writeFile(`${dir}/binlog.000001`, whole);
    const error = assertThrows(
      () => recoverFile(dir, "binlog.000001", whole.length),
      StoreError,
      `binlog.000001 is damaged below ${whole.length}`,
    );
    assertEquals([error.details.file, error.details.position], ["binlog.000001", place]);
    assert(error.details.hint!.includes("--refetch"));
    // Damage above it is what a power cut leaves.
    assertEquals(recoverFile(dir, "binlog.000001", place).eventEnd, place);
  });
});

Deno.test("the end of a file tells whether the source closed it", async () => {
  const open = new FileBuilder("binlog.000001").format().transaction(1);
  const rotated = new FileBuilder("binlog.000001").format().rotate("binlog.1000000");
  const stopped = new FileBuilder("binlog.000001").format().add(3, new Uint8Array(0));
  await withFolder(async (dir) => {
    const recovered: [string | undefined, boolean][] = [];
    for (const builder of [open, rotated, stopped]) {
      await Deno.writeFile(`${dir}/binlog.000001`, builder.bytes());
      const { nextFile, stopped } = recoverFile(dir, "binlog.000001", 0);
      recovered.push([nextFile, stopped]);
    }
    assertEquals(recovered, [[undefined, false], ["binlog.1000000", false], [undefined, true]]);
  });
});

Deno.test("beyond 4 GiB the newest transaction end below is kept from one reading to the next", async () => {
  await withFolder(async (dir) => {
    const file = new FileBuilder("binlog.000001").format();
    const head = file.bytes();
    const at = file.position = 2 ** 32 - 10;
    const begun = file.events.length;
    const ends = [1, 2, 3].map((gno) => file.transaction(gno).position);
    using handle = await Deno.open(`${dir}/binlog.000001`, { write: true, create: true });
    await handle.write(head);
    await handle.seek(at, Deno.SeekMode.Start);
    for (const event of file.events.slice(begun)) await handle.write(event);
    const safeAfter = (from: number): number =>
      recoverFile(dir, "binlog.000001", 0, from, 3_000_000_000).safeTransactionEnd;
    assertEquals([safeAfter(at), ...ends.map(safeAfter)], [at, ...ends.map(() => 3_000_000_000)]);
  });
});
