import { assert, assertEquals } from "@std/assert";
import { indexSeries } from "../../lib/inspect/list_files.ts";
import { FileBuilder } from "../_events.ts";
import { withFolder } from "../_pipeline.ts";

Deno.test("a file that the system can't read is listed with the reason, and those after it too", async () => {
  await withFolder(async (dir) => {
    const names = ["b.000001", "b.000002"];
    await Deno.mkdir(`${dir}/${names[0]}`); // what a folder answers to a read, a bad disk may too
    await Deno.writeFile(`${dir}/${names[1]}`, new FileBuilder(names[1]!).format().bytes());
    const series = { base: "b", files: names, missing: [], unlisted: [] };
    const { files } = await indexSeries({ dir, isStore: false, series: [series] }, series);
    const [first, second] = files;
    assert("error" in first! && first.error.includes("directory"), JSON.stringify(first));
    assertEquals(["summary" in second!, second!.file], [true, names[1]]);
  });
});
