import { assertEquals } from "@std/assert";
import { chooseSeries, openBinlogFolder } from "../../lib/inspect/binlog_folder.ts";
import { missingFiles } from "../../lib/inspect/missing_files.ts";
import { newIdentity, writeIdentity } from "../../lib/store/identity.ts";
import { FileBuilder } from "../_events.ts";
import { withFolder } from "../_pipeline.ts";

Deno.test("what a purge takes away, or a dump begins, just then is not missing", async () => {
  for (const isStore of [false, true]) {
    await withFolder(async (dir) => {
      const write = async (n: number): Promise<void> =>
        await Deno.writeFile(
          `${dir}/b.00000${n}`,
          new FileBuilder("b").format().transaction(n).bytes(),
        );
      const list = async (...numbers: number[]): Promise<void> =>
        await Deno.writeTextFile(`${dir}/b.index`, numbers.map((n) => `./b.00000${n}\n`).join(""));
      if (isStore) await writeIdentity(dir, newIdentity());
      for (const n of [2, 4]) await write(n);
      await list(1, 2, 3, 4, 5);
      const folder = await openBinlogFolder(dir);
      const series = chooseSeries(folder);
      assertEquals(series.missing, ["b.000001", "b.000003", "b.000005"]);
      assertEquals(await missingFiles(folder, series), series.missing);
      await list(2, 3, 4, 5);
      await write(5);
      assertEquals(await missingFiles(folder, series), ["b.000003"]);
    });
  }
});
