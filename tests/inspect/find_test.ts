import { assertEquals } from "@std/assert";
import { chooseSeries, openBinlogFolder } from "../../lib/inspect/binlog_folder.ts";
import { findByGtid, parseWantedGtids } from "../../lib/inspect/find_gtid.ts";
import { findByTable } from "../../lib/inspect/find_in_files.ts";
import { findByPosition } from "../../lib/inspect/find_position.ts";
import { findByTime } from "../../lib/inspect/find_time.ts";
import { type IndexedSeries, indexSeries } from "../../lib/inspect/list_files.ts";
import { FileBuilder } from "../_events.ts";
import { withFolder } from "../_pipeline.ts";

const UUID = "00000000-0000-0000-0000-000000000000";
const T0 = 1_700_000_000;

/** Files of transactions with these commit times, seconds after T0; GTIDs count on from 1. */
async function folderOf(dir: string, files: number[][], rowSize = 60): Promise<IndexedSeries> {
  let gno = 1;
  for (const [i, times] of files.entries()) {
    const name = `b.${String(i + 1).padStart(6, "0")}`;
    const builder = new FileBuilder(name).format();
    for (const time of times) {
      builder.timestamp = T0 + time;
      builder.transaction(gno++, rowSize);
    }
    builder.rotate(`b.${String(i + 2).padStart(6, "0")}`);
    await Deno.writeFile(`${dir}/${name}`, builder.bytes());
  }
  const folder = await openBinlogFolder(dir);
  return await indexSeries(folder, chooseSeries(folder));
}

function byTime(series: IndexedSeries, time: number): [string?, boolean?] {
  const found = findByTime(series, (T0 + time) * 1e6);
  return found ? [found.transaction.gtid?.split(":")[1]!, found.earlierFollow] : [];
}

Deno.test("find by time gives the first transaction in file order, and says if time goes back", async () => {
  await withFolder(async (dir) => {
    const series = await folderOf(dir, [[10, 20, 30], [], [40, 25, 50], [60]]);
    assertEquals(byTime(series, 0), ["1", false]);
    assertEquals(byTime(series, 10), ["1", false]);
    assertEquals(byTime(series, 11), ["2", false]);
    assertEquals(byTime(series, 26), ["3", true], "25 comes after it");
    assertEquals(byTime(series, 31), ["4", true]);
    assertEquals(byTime(series, 41), ["6", false]);
    assertEquals(byTime(series, 51), ["7", false]);
    assertEquals(byTime(series, 61), []);
  });
});

Deno.test("find by time, GTID and position agree with a scan, in every stretch of large files", async () => {
  await withFolder(async (dir) => {
    // Some 25 stretches of a mebibyte each over three files, and times that jump about.
    const times = Array.from(
      { length: 3 },
      (_, f) => Array.from({ length: 400 }, (_, i) => f * 1000 + (i * 37) % 500),
    );
    const series = await folderOf(dir, times, 20_000);
    const flat = times.flat();
    for (const wanted of [0, 3, 250, 499, 777, 1001, 1499, 2000, 2499]) {
      const expected = flat.findIndex((time) => time >= wanted);
      const earlier = flat.slice(expected + 1).some((time) => time < wanted);
      assertEquals(byTime(series, wanted), [String(expected + 1), earlier], `${wanted}`);
    }
    const set = `${UUID}:1:37:399-402:800:1200-1203`;
    const found: { gtid: string; file: string; start: number; end: number }[] = [];
    const missing = findByGtid(series, parseWantedGtids(set), (transaction) => {
      found.push(transaction as typeof found[number]);
    });
    assertEquals(found.map(({ gtid }) => Number(gtid.split(":")[1])), [
      1,
      37,
      399,
      400,
      401,
      402,
      800,
      1200,
    ]);
    assertEquals(missing, `${UUID}:1201-1203`);
    for (const { gtid, file, start, end } of found) {
      for (const position of [start, start + 1, end - 1]) {
        assertEquals(findByPosition(series, file, position).transaction?.gtid, gtid);
      }
    }
    const { before, after, transaction } = findByPosition(series, "b.000001", 5);
    assertEquals([before, transaction, after?.gtid], [undefined, undefined, `${UUID}:1`]);
  });
});

Deno.test("find by table looks at statements, newest files first for the last ones", async () => {
  await withFolder(async (dir) => {
    for (
      const [i, statements] of [["DROP TABLE t", "DROP TABLE x"], ["ALTER TABLE d.t ADD a int"], [
        "SELECT 't'",
      ]].entries()
    ) {
      const name = `b.00000${i + 1}`;
      const builder = new FileBuilder(name).format();
      for (const [n, text] of statements.entries()) builder.gtid(10 * i + n + 1).query(text);
      await Deno.writeFile(`${dir}/${name}`, builder.rotate(`b.00000${i + 2}`).bytes());
    }
    const files = ["b.000001", "b.000002", "b.000003"];
    const find = async (last?: number): Promise<string[]> => {
      const found: string[] = [];
      await findByTable(dir, files, { database: "d", table: "t" }, ({ gtid }) => {
        found.push(gtid!.split(":")[1]!);
      }, { signal: new AbortController().signal, ...(last ? { last } : {}) });
      return found;
    };
    assertEquals(await find(), ["1", "11"]);
    assertEquals(await find(1), ["11"]);
    assertEquals(await find(5), ["1", "11"]);
  });
});

Deno.test("find reads up to where the newest file is torn, in a large event too", async () => {
  await withFolder(async (dir) => {
    const builder = new FileBuilder("b.000001").format().transaction(1);
    const from = builder.position;
    const bytes = builder.transaction(2, 5_000_000).bytes();
    await Deno.writeFile(`${dir}/b.000001`, bytes.subarray(0, 3_000_000));
    const folder = await openBinlogFolder(dir);
    const series = await indexSeries(folder, chooseSeries(folder));
    const { transaction, before } = findByPosition(series, "b.000001", from + 500);
    assertEquals([transaction, before?.end], [undefined, from]);
    await findByTable(dir, ["b.000001"], { database: "d", table: "t" }, () => {}, {
      signal: new AbortController().signal,
    });
  });
});
