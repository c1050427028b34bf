import { assert, assertEquals } from "@std/assert";
import { FileAge } from "../../lib/store/file_age.ts";
import { withFolder } from "../_pipeline.ts";
import { type FileMaking, writeAged } from "./_write_aged.ts";

const UUID = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

/** Which of two files was begun first, seen from either side. */
async function compare(a: FileMaking, b: FileMaking): Promise<[number, number]> {
  return await withFolder(async (dir) => {
    await writeAged(dir, "a.000001", a);
    await writeAged(dir, "b.000001", b);
    const [first, second] = ["a.000001", "b.000001"].map((name) => FileAge.read(`${dir}/${name}`)!);
    return [Math.sign(first!.compare(second!)), Math.sign(second!.compare(first!))];
  });
}

Deno.test("the older of two files is the one whose first event is older", async () => {
  assertEquals(await compare({ time: 100 }, { time: 101 }), [-1, 1]);
  assertEquals(await compare({ time: 101 }, { time: 100, checksum: false }), [1, -1]);
  const previous = `${UUID}:1-5`;
  assertEquals(await compare({ time: 100, previous }, { time: 101, previous }), [-1, 1]);
});

Deno.test("GTIDs tell which file is older although the clock was set back", async () => {
  const [few, more] = [`${UUID}:1-5`, `${UUID}:1-7`];
  assertEquals(await compare({ time: 200, previous: few }, { time: 100, previous: more }), [-1, 1]);
  assertEquals(await compare({ time: 100, previous: more }, { time: 200, previous: "" }), [1, -1]);
  assertEquals(await compare({ time: 200, sequence: 5 }, { time: 100, sequence: 6 }), [-1, 1]);
});

Deno.test("a file of which not even the first event is there has no age", async () => {
  await withFolder(async (dir) => {
    const path = `${dir}/a.000001`;
    assertEquals(FileAge.read(path), undefined);
    for (const bytes of [[], [0xfe, 0x62, 0x69, 0x6e], new Array(64).fill(0)]) {
      await Deno.writeFile(path, Uint8Array.from(bytes));
      assertEquals(FileAge.read(path), undefined);
    }
    // What follows may be damaged.
    await writeAged(dir, "a.000001", { time: 100 });
    const { size } = await Deno.stat(path);
    await Deno.truncate(path, size - 5);
    assert(FileAge.read(path));
  });
});
