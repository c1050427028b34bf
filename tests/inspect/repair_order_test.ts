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
