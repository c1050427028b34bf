import { assert, assertEquals } from "@std/assert";
import { chooseSeries, openBinlogFolder } from "../../lib/inspect/binlog_folder.ts";
import { findByGtid, parseWantedGtids } from "../../lib/inspect/find_gtid.ts";
import {
  type RecoveryCommands,
  recoveryCommands,
  type StartPoint,
} from "../../lib/inspect/find_recovery.ts";
import type { FoundTransaction } from "../../lib/inspect/find_scan.ts";
import { type IndexedSeries, indexSeries } from "../../lib/inspect/list_files.ts";
import { FileBuilder } from "../_events.ts";
import { withFolder } from "../_pipeline.ts";

const TESTDATA = new URL("../../testdata/", import.meta.url).pathname;

async function indexOf(dir: string): Promise<IndexedSeries> {
  const folder = await openBinlogFolder(dir);
  return await indexSeries(folder, chooseSeries(folder));
}

/** Files of these numbers with a transaction each. */
async function seriesOf(dir: string, numbers: number[], version?: string): Promise<IndexedSeries> {
  for (const n of numbers) {
    const builder = new FileBuilder(`b.00000${n}`).format(version).transaction(n);
    await Deno.writeFile(`${dir}/${builder.name}`, builder.rotate(`b.00000${n + 1}`).bytes());
  }
  return await indexOf(dir);
}

Deno.test("recovery commands name all files once, by position, quoted where need be", async () => {
  const transaction = { file: "b.000002", start: 200, end: 300, time: 0 };
  await withFolder(async (dir) => {
    const { files } = await seriesOf(dir, [1, 2, 3]);
    const { before, after, notes } = recoveryCommands({ dir: "/a b", files }, transaction);
    assertEquals(notes, []);
    assertEquals(
      before,
      "mysqlbinlog --stop-position=200 '/a b/b.000001' '/a b/b.000002' | mysql --binary-mode",
    );
    assertEquals(
      after,
      "mysqlbinlog --start-position=300 '/a b/b.000002' '/a b/b.000003' | mysql --binary-mode",
    );
  });
  await withFolder(async (dir) => {
    const { files } = await seriesOf(dir, [1, 2, 3], "10.11.19-MariaDB");
    const from = (file: string, position: number): string | undefined =>
      recoveryCommands({ dir: "d", files }, transaction, { file, position }).before;
    assertEquals(
      from("b.000002", 100),
      "mariadb-binlog --start-position=100 --stop-position=200 d/b.000002 | mariadb --binary-mode",
    );
    assertEquals(from("b.000002", 200), undefined);
    assertEquals(from("b.000003", 4), undefined);
    assert(
      from("b.000001", 50)?.includes("--start-position=50 --stop-position=200 d/b.000001 d/b"),
    );
  });
});

Deno.test("what comes behind a transaction is replayed from where the backup stands", async () => {
  const transaction = { file: "b.000002", start: 200, end: 300, time: 0 };
  await withFolder(async (dir) => {
    const { files } = await seriesOf(dir, [1, 2, 3, 4]);
    const behind = (file: string, position: number): [string, number] => {
      const start: StartPoint = { file, position };
      const { after, notes } = recoveryCommands({ dir: "d", files }, transaction, start);
      const held = notes.filter((note) => note.startsWith("The backup holds")).length;
      return [after!.replace(/^mysqlbinlog --start-position=| \| .*/g, ""), held];
    };
    assertEquals(behind("b.000001", 4), ["300 d/b.000002 d/b.000003 d/b.000004", 0]);
    assertEquals(behind("b.000002", 200), ["300 d/b.000002 d/b.000003 d/b.000004", 0]);
    assertEquals(behind("b.000002", 300), ["300 d/b.000002 d/b.000003 d/b.000004", 1]);
    assertEquals(behind("b.000002", 400), ["400 d/b.000002 d/b.000003 d/b.000004", 1]);
    assertEquals(behind("b.000003", 126), ["126 d/b.000003 d/b.000004", 1]);
  });
});

Deno.test("recovery commands do not lead across a hole, and say so", async () => {
  const holes = [{
    afterFile: "b.000004",
    afterPosition: 9,
    nextFile: "b.000005",
    reason: "",
    time: "",
  }];
  const transaction = { file: "b.000004", start: 200, end: 300, time: 0 };
  await withFolder(async (dir) => {
    const { files } = await seriesOf(dir, [1, 3, 4, 5]);
    const start = { file: "b.000001", position: 77 };
    const { before, after, notes } = recoveryCommands(
      { dir: "d", files, holes },
      transaction,
      start,
    );
    assertEquals(
      before,
      "mysqlbinlog --stop-position=200 d/b.000003 d/b.000004 | mysql --binary-mode",
    );
    assertEquals(after, "mysqlbinlog --start-position=300 d/b.000004 | mysql --binary-mode");
    assertEquals(notes.map((note) => /b\.\d+/.exec(note)![0]), ["b.000003", "b.000005"]);
  });
});

/** The numbers of the files that a command names. */
function numbersIn(command: string | undefined): string {
  return (command?.match(/(?<=binlog\.00000)\d/g) ?? []).join("");
}

function transactionIn(series: IndexedSeries, gtid: string): FoundTransaction {
  const found: FoundTransaction[] = [];
  findByGtid(series, parseWantedGtids(gtid), (transaction) => found.push(transaction));
  assertEquals(found.length, 1, gtid);
  return found[0]!;
}

for (
  const [folder, first, last, later] of [
    ["mysql97", ":25", ":26", ":27"],
    ["mariadb118", "0-1-25", "0-1-27", "0-1-28"],
  ] as const
) {
  Deno.test(`recovery commands do not lead across a file of ${folder} that is cut off or damaged`, async () => {
    await withFolder(async (dir) => {
      for await (const { name } of Deno.readDir(TESTDATA + folder)) {
        await Deno.copyFile(`${TESTDATA}${folder}/${name}`, `${dir}/${name}`);
      }
      const path = `${dir}/binlog.000004`;
      const bytes = await Deno.readFile(path);
      const whole = await indexOf(dir);
      const uuid = "summary" in whole.files[0]! && whole.files[0].summary.gtids.split(":")[0];
      const [one, end, next] = [first, last, later].map((gtid) =>
        transactionIn(whole, gtid.startsWith(":") ? `${uuid}${gtid}` : gtid)
      );
      const around = async (changed: Uint8Array): Promise<[RecoveryCommands, RecoveryCommands]> => {
        await Deno.writeFile(path, changed);
        const { files } = await indexOf(dir);
        return [recoveryCommands({ dir, files }, one!), recoveryCommands({ dir, files }, next!)];
      };
      const goesThrough = async (changed: Uint8Array): Promise<boolean> => {
        const [early, late] = await around(changed);
        assertEquals(numbersIn(early.before), "1234");
        const through = numbersIn(early.after) === "456";
        assertEquals(numbersIn(early.after), through ? "456" : "4");
        assertEquals(numbersIn(late.before), through ? "12345" : "5");
        assertEquals(numbersIn(late.after), "56");
        for (const { notes } of [early, late]) {
          assertEquals(notes.map(numbersIn), through ? [] : ["5"]);
        }
        return through;
      };
      assertEquals(await goesThrough(bytes), true, "whole");
      const crashed = bytes.subarray(0, end!.end);
      assertEquals(await goesThrough(crashed), true, "the source crashed, and no GTID is missing");
      const cut = bytes.subarray(0, end!.start);
      assertEquals(await goesThrough(cut), false, "an unfinished copy");
      assertEquals(await goesThrough(bytes.subarray(0, end!.end - 3)), false, "torn");
      const damaged = bytes.slice();
      damaged.fill(0, end!.start + 9, end!.start + 13);
      assertEquals(await goesThrough(damaged), false, "an event of no size");
      const [, late] = await around(bytes.subarray(0, 10));
      assertEquals(numbersIn(late.before), "5", "not even a head");
      const { files } = await indexOf(dir);
      const early = { ...one!, file: "binlog.000002" };
      assertEquals(numbersIn(recoveryCommands({ dir, files }, early).after), "23");
    });
  });
}

Deno.test("recovery commands name a folder without what commands a terminal", async () => {
  await withFolder(async (dir) => {
    const { files } = await seriesOf(dir, [1]);
    const transaction = { file: "b.000001", start: 200, end: 300, time: 0 };
    const { after } = recoveryCommands({ dir: "/it's\\\u009b2J\u202e", files }, transaction);
    const word = "$'/it\\'s\\\\\\u009b2J\\u202e/b.000001'";
    assertEquals(after, `mysqlbinlog --start-position=300 ${word} | mysql --binary-mode`);
  });
});
