import { assert, assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../lib/errors.ts";
import { chooseSeries, openBinlogFolder } from "../../lib/inspect/binlog_folder.ts";
import { withFolder } from "../_pipeline.ts";
import { writeAged } from "../store/_write_aged.ts";

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

Deno.test("the files of a store are one series in the order of time, with an index or without", async () => {
  await withFolder(async (dir) => {
    const names = ["b.000009", "c.000001", "c.000002", "b.000010"];
    for (const [i, name] of names.entries()) await writeAged(dir, name, { time: 100 + i });
    await Deno.writeTextFile(`${dir}/binlogd.identity.json`, "{}");
    await make(dir, ["a.000001"]); // begun in the moment of a crash, for another base
    const lost = chooseSeries(await openBinlogFolder(dir));
    assertEquals([lost.base, lost.files, lost.index, lost.unlisted], [
      "b",
      names,
      undefined,
      names,
    ]);
    // A purge that was interrupted left the first two.
    await Deno.writeTextFile(`${dir}/b.index`, "./c.000002\n./b.000010\n./b.000011\n./b.00");
    const purged = chooseSeries(await openBinlogFolder(dir));
    assertEquals(purged.files, names);
    assertEquals(purged.index, "b.index");
    assertEquals(purged.unlisted, names.slice(0, 2));
    assertEquals(purged.missing, ["b.000011"]);
    // Of what no age is known of, nobody says that it is of this history.
    await make(dir, ["x.000001"], new Uint8Array(64).fill(0xfe));
    assertEquals((await openBinlogFolder(dir)).series.map(({ base }) => base), ["b", "x"]);
  });
});
