import { assertEquals } from "@std/assert";
import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import { chooseSeries, openBinlogFolder } from "../../lib/inspect/binlog_folder.ts";
import { type PlaceOfStart, placeOfStart } from "../../lib/inspect/find_start.ts";
import { indexSeries } from "../../lib/inspect/list_files.ts";
import { FileBuilder } from "../_events.ts";
import { withFolder } from "../_pipeline.ts";

/** What is said of positions of a file. */
async function placesIn(bytes: Uint8Array, positions: number[]): Promise<PlaceOfStart[]> {
  return await withFolder(async (dir) => {
    await Deno.writeFile(`${dir}/b.000001`, bytes);
    const folder = await openBinlogFolder(dir);
    const series = await indexSeries(folder, chooseSeries(folder));
    return positions.map((position) => placeOfStart(series, { file: "b.000001", position }));
  });
}

Deno.test("a replay may begin where events end and no transaction is open", async () => {
  const builder = new FileBuilder("b.000001").format();
  const places = [4, builder.position];
  const inside: number[] = [];
  for (const gno of [1, 2]) {
    builder.gtid(gno);
    inside.push(builder.position);
    builder.query("BEGIN");
    inside.push(builder.position, builder.position + 1);
    builder.add(EVENT_TYPE.XID_EVENT, new Uint8Array(8));
    places.push(builder.position);
  }
  const bytes = builder.rotate("b.000002").bytes();
  places.push(bytes.length);
  for (const found of await placesIn(bytes, places)) assertEquals(found.kind, "between");
  const [, head, first, second, end] = places as [number, number, number, number, number];
  const around = (before: number, after: number): PlaceOfStart => ({
    kind: "inside",
    before,
    after,
  });
  assertEquals(await placesIn(bytes, inside), [
    ...Array(3).fill(around(head, first)),
    ...Array(3).fill(around(first, second)),
  ]);
  assertEquals(await placesIn(bytes, [0, 5, end - 1, end + 1]), [
    { kind: "inside", after: 4 },
    around(4, head),
    around(second, end),
    { kind: "beyond", before: end },
  ]);
});

Deno.test("what stands before a statement belongs to it, in files without GTIDs", async () => {
  const builder = new FileBuilder("b.000001").format();
  const start = builder.position;
  builder.add(EVENT_TYPE.INTVAR_EVENT, new Uint8Array(9));
  const inside = builder.position;
  const bytes = builder.query("CREATE TABLE t (i INT)").bytes();
  assertEquals(await placesIn(bytes, [start, inside, bytes.length]), [
    { kind: "between", before: start, after: bytes.length },
    { kind: "inside", before: start, after: bytes.length },
    { kind: "between", before: bytes.length },
  ]);
});

Deno.test("places are found from any stretch of a large file, and up to its damage", async () => {
  const builder = new FileBuilder("b.000001").format();
  const places: number[] = [];
  for (let gno = 1; gno <= 200; gno++) {
    places.push(builder.position);
    builder.transaction(gno, 20_000);
  }
  const bytes = builder.bytes();
  const found = await placesIn(bytes, places.flatMap((place) => [place, place + 1]));
  for (const [i, place] of places.entries()) {
    const after = places[i + 1] ?? bytes.length;
    assertEquals(found[2 * i], { kind: "between", before: place, after });
    assertEquals(found[2 * i + 1], { kind: "inside", before: place, after });
  }
  // A size of nothing.
  bytes.fill(0, places[150]! + 9, places[150]! + 13);
  const [good, lost, beyond] = await placesIn(bytes, [
    places[149]!,
    places[160]!,
    bytes.length + 1,
  ]);
  assertEquals([good!.kind, lost!.kind, beyond!.kind], ["between", "unknown", "beyond"]);
});
