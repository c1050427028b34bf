import { assertEquals } from "@std/assert";
import { linkTarget } from "../../lib/store/link_target.ts";
import { withFolder } from "../_pipeline.ts";

Deno.test("a link is followed to where it ends, be there a file or not", async () => {
  await withFolder(async (dir) => {
    await Deno.mkdir(`${dir}/sub`);
    await Deno.writeTextFile(`${dir}/file`, "");
    await Deno.symlink(`${dir}/file`, `${dir}/absolute`);
    await Deno.symlink("../absolute", `${dir}/sub/chain`);
    await Deno.symlink("nothing", `${dir}/sub/dangling`);
    await Deno.symlink("loop", `${dir}/loop`);
    const ends = [
      ["file", "file"],
      ["gone", "gone"],
      ["absolute", "file"],
      ["sub/chain", "file"],
      ["sub/dangling", "sub/nothing"],
      ["loop", "loop"],
    ];
    for (const [from, to] of ends) assertEquals(await linkTarget(`${dir}/${from}`), `${dir}/${to}`);
  });
});
