/** Recovery of real files, cut at every length and changed at every byte of their end. */
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { EventScanner } from "../../lib/binlog/event_scanner.ts";
import { StoreError } from "../../lib/errors.ts";
import { recoverFile } from "../../lib/store/recovery.ts";
import { withFolder } from "../_pipeline.ts";

const TESTDATA = new URL("../../testdata/", import.meta.url).pathname;
const NAME = "binlog.000001";
const CUTS_FROM_END = 1500;

/** Ends of all events of a file. */
function eventEnds(path: string): number[] {
  using file = Deno.openSync(path);
  const scanner = new EventScanner(file, { file: NAME, verifyChecksums: true });
  const ends = [4];
  while (scanner.next()) {
    ends.push(scanner.endPosition);
    while (scanner.nextPart() !== undefined);
  }
  return ends;
}

for (const kind of ["mysql97", "mariadb1011", "mariadb118"]) {
  Deno.test(`recovery ends at the last whole event of a file cut anywhere, ${kind}`, async () => {
    const whole = await Deno.readFile(`${TESTDATA}${kind}/${NAME}`);
    const ends = eventEnds(`${TESTDATA}${kind}/${NAME}`);
    await withFolder(async (dir) => {
      for (let size = whole.length; size > whole.length - CUTS_FROM_END; size--) {
        await Deno.writeFile(`${dir}/${NAME}`, whole.subarray(0, size));
        const found = recoverFile(dir, NAME, 0);
        const expected = ends.filter((end) => end <= size).pop();
        assertEquals(found.eventEnd, expected, `cut to ${size}`);
        assert(found.transactionEnd <= found.eventEnd);
        assert(found.previousTransactionEnd <= found.transactionEnd);
        const again = recoverFile(dir, NAME, 0, found.previousTransactionEnd);
        assertEquals([again.eventEnd, again.transactionEnd], [
          found.eventEnd,
          found.transactionEnd,
        ]);
      }
      for (let size = 0; size < 200; size++) {
        await Deno.writeFile(`${dir}/${NAME}`, whole.subarray(0, size));
        assertEquals(recoverFile(dir, NAME, 0).eventEnd <= size, true);
      }
    });
  });

  Deno.test(`recovery never takes a changed event for a whole one, ${kind}`, async () => {
    const whole = await Deno.readFile(`${TESTDATA}${kind}/${NAME}`);
    const ends = eventEnds(`${TESTDATA}${kind}/${NAME}`);
    await withFolder(async (dir) => {
      for (let at = whole.length - 600; at < whole.length; at++) {
        const changed = whole.slice();
        changed[at]! ^= 0x10;
        await Deno.writeFile(`${dir}/${NAME}`, changed);
        const before = ends.filter((end) => end <= at).pop()!;
        assertEquals(recoverFile(dir, NAME, 0).eventEnd, before, `changed at ${at}`);
        // What was synced once is never cut off: it is damage.
        let end = -1;
        try {
          // An event that says it is longer than the file looks torn; the store sees it is short.
          end = recoverFile(dir, NAME, whole.length).eventEnd;
        } catch (error) {
          assertInstanceOf(error, StoreError);
          end = error.details.position!;
        }
        assertEquals(end, before, `changed at ${at}`);
      }
    });
  });
}
