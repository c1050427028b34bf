import { assert, assertEquals } from "@std/assert";
import { EventScanner } from "../../lib/binlog/event_scanner.ts";
import { LargeEventChecker } from "../../lib/inspect/large_event_checker.ts";
import { FileVerifier } from "../../lib/inspect/verify_file.ts";
import { verifyOneFile } from "../../lib/inspect/verify_folder.ts";
import { FileBuilder } from "../_events.ts";
import { withFolder } from "../_pipeline.ts";

const MIB = 1024 * 1024;

/** Some 70 MiB: events of all sizes around what is large and what is read at once. */
function largeFile(): Uint8Array<ArrayBuffer> {
  const sizes = [256 * 1024, 300_000, 1_000_000, MIB - 31, MIB, 3 * MIB];
  const file = new FileBuilder("b.000001").format();
  for (let gno = 1; gno <= 66; gno++) {
    file.transaction(gno).transaction(gno + 100, sizes[gno % sizes.length]);
  }
  return file.rotate("b.000002").bytes();
}

async function report(path: string): Promise<unknown> {
  const { files } = await verifyOneFile(path, { signal: new AbortController().signal });
  return files[0];
}

/** The same without another thread. */
function alone(path: string): unknown {
  using file = Deno.openSync(path);
  const verifier = new FileVerifier(file, "b.000001");
  while (verifier.run(MIB));
  return verifier.finish(file.statSync().size);
}

Deno.test("a file with large events is checked as one thread alone does, good, damaged or cut", async () => {
  await withFolder(async (dir) => {
    const path = `${dir}/b.000001`;
    const whole = largeFile();
    await Deno.writeFile(path, whole);
    assertEquals(await report(path), alone(path));
    for (let i = 1; i < 6; i++) {
      const bytes = whole.slice();
      bytes[Math.floor(bytes.length * i / 6)]! ^= 1 << i;
      await Deno.writeFile(path, bytes);
      const found = await report(path) as { findings: { code: string }[] };
      assertEquals(found.findings.map(({ code }) => code), ["damaged-event"]);
      assertEquals(found, alone(path));
    }
    await Deno.writeFile(path, whole.subarray(0, whole.length - 2 * MIB));
    const { findings } = await report(path) as { findings: { code: string }[] };
    assertEquals(findings.map(({ code }) => code), ["torn"]);
  });
});

Deno.test("large events are left to the other thread, which says whether all were good", async () => {
  await withFolder(async (dir) => {
    const path = `${dir}/b.000001`;
    const bytes = largeFile();
    for (const damaged of [false, true]) {
      if (damaged) bytes[bytes.length - 2 * MIB]! ^= 1;
      await Deno.writeFile(path, bytes);
      using file = Deno.openSync(path);
      const checker = LargeEventChecker.for(path, bytes.length)!;
      let taken = 0;
      let read = 0;
      const largeEventChecks = {
        take(position: number, size: number): boolean {
          // Waits where it is busy, so that all of them are left to it.
          for (; !checker.take(position, size); Atomics.wait(pause, 0, 0, 1));
          taken++;
          return true;
        },
      };
      const reader = {
        readSync(buffer: Uint8Array): number | null {
          const size = file.readSync(buffer);
          read += size ?? 0;
          return size;
        },
        seekSync: (offset: number, whence: Deno.SeekMode) => file.seekSync(offset, whence),
      };
      const options = { file: "b.000001", verifyChecksums: true, largeEventChecks };
      const scanner = new EventScanner(reader, options);
      while (scanner.next());
      assertEquals(scanner.endPosition, bytes.length);
      assertEquals(taken, 66);
      assert(read < bytes.length / 4, `${read} bytes were read`);
      assertEquals(await checker.finish(), !damaged);
      checker.close();
    }
  });
});
const pause = new Int32Array(new SharedArrayBuffer(4));

Deno.test("a thread that can't read the file does not say that it is good", async () => {
  const checker = LargeEventChecker.for("/nowhere/b.000001", 100 * MIB)!;
  assertEquals(checker.take(4, MIB), true);
  assertEquals(await checker.finish(), false);
  checker.close();
  assertEquals(LargeEventChecker.for("/nowhere/b.000001", MIB), undefined);
});
