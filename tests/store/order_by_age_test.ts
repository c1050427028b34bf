import { assertEquals } from "@std/assert";
import { orderByAge } from "../../lib/store/order_by_age.ts";
import { withFolder } from "../_pipeline.ts";
import { type FileMaking, writeAged } from "./_write_aged.ts";

/** Orders files that are made so, the first ones of which are listed. */
async function order(
  listed: string[],
  files: Record<string, FileMaking | undefined>,
): Promise<{ files: string[]; unplaced: string[] }> {
  return await withFolder(async (dir) => {
    for (const [name, making] of Object.entries(files)) {
      if (making) await writeAged(dir, name, making);
      else await Deno.writeFile(`${dir}/${name}`, new Uint8Array(64));
    }
    const names = Object.keys(files).filter((name) => !listed.includes(name));
    const number = (name: string): number => Number(name.split(".")[1]);
    return orderByAge(dir, listed, names.sort((a, b) => number(a) - number(b)));
  });
}

const CHANGED = {
  "b.000009": { time: 100, next: "b.000010" },
  "b.000010": { time: 200, next: "b.000011" },
  "b.000011": { time: 300 },
  "c.000001": { time: 400, next: "c.000002" },
  "c.000002": { time: 500 },
  "b.000012": { time: 600 },
};
const IN_ORDER = Object.keys(CHANGED);

Deno.test("files of several base names come in the order of time, listed or not", async () => {
  for (const listed of [[], ["b.000012"], ["c.000001", "c.000002"], IN_ORDER.slice(0, 5)]) {
    assertEquals(await order(listed, CHANGED), { files: IN_ORDER, unplaced: [] }, `${listed}`);
  }
});

Deno.test("what is listed keeps its order, and one base goes by numbers, whatever clocks said", async () => {
  const times = { "b.000001": { time: 9 }, "b.000002": { time: 5 }, "b.000003": { time: 1 } };
  assertEquals((await order([], times)).files, ["b.000001", "b.000002", "b.000003"]);
  const listed = ["b.000002", "b.000001"];
  assertEquals((await order(listed, times)).files, [...listed, "b.000003"]);
});

Deno.test("files of one second are told apart by the rotate event of the one before", async () => {
  for (const checksum of [true, false]) {
    const files = {
      "b.000001": { time: 99, next: "b.000002", checksum },
      "b.000002": { time: 100, next: "b.000003", checksum },
      "b.000003": { time: 100, checksum },
      "a.000001": { time: 100, next: "a.000002", checksum },
      "a.000002": { time: 100, checksum },
    };
    for (const listed of [[], ["a.000001", "a.000002"]]) {
      assertEquals((await order(listed, files)).files, Object.keys(files));
    }
  }
});

Deno.test("a damaged head stays in its series, and nothing but damaged heads has no place", async () => {
  const files = { ...CHANGED, "b.000010": undefined, "c.000002": undefined };
  assertEquals((await order([], files)).files, IN_ORDER);
  const strange = { ...CHANGED, "x.000001": undefined };
  assertEquals(await order([], strange), { files: IN_ORDER, unplaced: ["x.000001"] });
  assertEquals(await order(["x.000001"], { "x.000001": undefined }), {
    files: ["x.000001"],
    unplaced: [],
  });
});
