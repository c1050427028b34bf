import { assert, assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../lib/errors.ts";
import { chooseSeries, openBinlogFolder } from "../../lib/inspect/binlog_folder.ts";
import { withFolder } from "../_pipeline.ts";

const MAGIC = Uint8Array.of(0xfe, 0x62, 0x69, 0x6e);

async function make(dir: string, names: string[], bytes: Uint8Array = MAGIC): Promise<void> {
  for (const name of names) await Deno.writeFile(`${dir}/${name}`, bytes);
}

Deno.test("files of a folder come in the order of the index, else of their numbers", async () => {
  await withFolder(async (dir) => {
    await make(dir, ["b.000010", "b.000009", "b.1000000", "b.999999", "other.txt", "b.000009.idx"]);
    const byNumber = await openBinlogFolder(dir);
    assertEquals(byNumber.isStore, false);
    assertEquals(chooseSeries(byNumber).files, ["b.000009", "b.000010", "b.999999", "b.1000000"]);
    await Deno.writeTextFile(`${dir}/b.index`, "/x/b.000010\n./b.000011\nb.999999\n");
    const series = chooseSeries(await openBinlogFolder(dir));
    assertEquals(series.files, ["b.000009", "b.000010", "b.999999", "b.1000000"]);
    assertEquals(series.missing, ["b.000011"]);
    assertEquals(series.unlisted, ["b.000009", "b.1000000"]);
  });
});

Deno.test("only regular files, and links to them, count as files of a folder", async () => {
  await withFolder(async (dir) => {
    await make(dir, ["b.000001"]);
    await Deno.mkdir(`${dir}/b.000002`);
    const { success } = await new Deno.Command("mkfifo", {
      args: [`${dir}/b.000003`, `${dir}/c.000001`, `${dir}/b.index`],
    }).output();
    assert(success);
    await Deno.symlink(`${dir}/b.000001`, `${dir}/b.000004`);
    await Deno.symlink(`${dir}/b.000003`, `${dir}/b.000005`);
    await Deno.symlink(`${dir}/b.000002`, `${dir}/b.000006`);
    await Deno.symlink(`${dir}/nowhere`, `${dir}/b.000007`);
    const { series } = await openBinlogFolder(dir);
    assertEquals(series.map(({ base }) => base), ["b"]);
    assertEquals(series[0]!.files, ["b.000001", "b.000004", "b.000007"]);
    assertEquals(series[0]!.index, undefined);
  });
});

Deno.test("what is only named like a binlog is left out, and several series have to be told apart", async () => {
  await withFolder(async (dir) => {
    await make(dir, ["binlog.000001", "relay-bin.000001"]);
    await make(dir, ["aria_log.00000001"], Uint8Array.of(0xfe + 1, 1, 2));
    const folder = await openBinlogFolder(dir);
    assertEquals(folder.series.map(({ base }) => base), ["binlog", "relay-bin"]);
    assertThrows(() => chooseSeries(folder), UsageError, "several series");
    assertEquals(chooseSeries(folder, "binlog").files, ["binlog.000001"]);
    await make(dir, ["binlogd.identity.json"]);
    assertEquals((await openBinlogFolder(dir)).isStore, true);
  });
});
