import { assertEquals } from "@std/assert";
import { openBinlogFolder } from "../../lib/inspect/binlog_folder.ts";
import { repairStore } from "../../lib/inspect/repair_store.ts";
import { newIdentity, writeIdentity } from "../../lib/store/identity.ts";
import { withFolder } from "../_pipeline.ts";
import { writeAged } from "../store/_write_aged.ts";

Deno.test("repair keeps the order of time where log_bin was changed, and of what is gone", async () => {
  const names = ["b.000009", "b.000010", "change.000001", "change.000002", "b.000011"];
  for (const listed of [[], [0, 1, 2], [0, 1, 2, 4]].map((some) => some.map((i) => names[i]!))) {
    await withFolder(async (dir) => {
      const gone = listed.length > 0 ? "b.000010" : "";
      for (const [i, name] of names.entries()) {
        if (name !== gone) await writeAged(dir, name, { time: 100 + i });
      }
      await writeIdentity(dir, newIdentity());
      const text = (some: string[]): string => some.map((name) => `./${name}\n`).join("");
      if (listed.length > 0) await Deno.writeTextFile(`${dir}/b.index`, text(listed));
      const folder = await openBinlogFolder(dir);
      await repairStore(folder, folder.series[0]!, new AbortController().signal);
      assertEquals(await Deno.readTextFile(`${dir}/b.index`), text(names));
    });
  }
});

Deno.test("repair puts a file that is gone where its number says", async () => {
  const names = [1, 2, 3, 4].map((number) => `b.00000${number}`);
  // There but not listed, and listed but gone; the same where the gone one is the newest.
  for (const [listed, gone] of [[[2, 3, 4], 2], [[1, 2, 4], 4], [[1, 2, 4], 1]] as const) {
    await withFolder(async (dir) => {
      for (const [i, name] of names.entries()) {
        if (i + 1 !== gone) await writeAged(dir, name, { time: 100 + i });
      }
      await writeIdentity(dir, newIdentity());
      const index = listed.map((number) => `./b.00000${number}\n`).join("");
      await Deno.writeTextFile(`${dir}/b.index`, index);
      const folder = await openBinlogFolder(dir);
      await repairStore(folder, folder.series[0]!, new AbortController().signal);
      const repaired = await Deno.readTextFile(`${dir}/b.index`);
      assertEquals(repaired, names.map((name) => `./${name}\n`).join(""));
    });
  }
});
