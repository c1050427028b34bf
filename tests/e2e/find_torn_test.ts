import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { binlogd, type BinlogdRun } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";

const TESTDATA = new URL("../../testdata/mysql97/", import.meta.url).pathname;

/** Copies the files; the UUID of their server. */
async function copyTo(dir: string): Promise<string> {
  for await (const { name } of Deno.readDir(TESTDATA)) {
    await Deno.copyFile(`${TESTDATA}${name}`, `${dir}/${name}`);
  }
  return (await binlogd(["list", dir, "--gtid-set"])).stdout.split(":")[0]!;
}

/** Where the transaction :26 begins, the last one of the fourth file. */
async function lastStart(dir: string, uuid: string): Promise<number> {
  const { stdout } = await binlogd(["find", dir, "--gtid", `${uuid}:26`, "--json"]);
  return JSON.parse(stdout).position;
}

Deno.test("find and list take a torn file for damaged, unless it is the newest", async () => {
  await withFolder(async (dir) => {
    const uuid = await copyTo(dir);
    const at = await lastStart(dir, uuid);
    await Deno.truncate(`${dir}/binlog.000004`, at + 30);
    const find = (...args: string[]): Promise<BinlogdRun> => binlogd(["find", dir, ...args]);
    const doubts = ({ code, stderr }: BinlogdRun): [number, string | undefined] => [
      code,
      /can't be searched to its end.*file=(\S+)/.exec(stderr)?.[1],
    ];
    const torn = [3, "binlog.000004"] as [number, string];
    assertEquals(doubts(await find("--gtid", `${uuid}:26`)), torn);
    assertEquals(doubts(await find("--gtid", `${uuid}:25`)), [0, undefined]);
    assertEquals(doubts(await find("--position", `binlog.000004:${at + 20}`)), torn);
    assertEquals(doubts(await find("--table", "no.such")), torn);
    assertEquals(doubts(await find("--time", "2099-01-01")), torn);
    const list = await binlogd(["list", dir]);
    assertEquals(list.code, 1);
    assertStringIncludes(list.stdout, `torn at ${at}`);
    assertEquals((await binlogd(["list", dir, "--gtid-set"])).code, 1);
    for (const n of [5, 6]) await Deno.remove(`${dir}/binlog.00000${n}`);
    await Deno.remove(`${dir}/binlog.index`);
    assertEquals(doubts(await find("--gtid", `${uuid}:26`)), [1, undefined]);
    assertEquals(doubts(await find("--table", "no.such")), [1, undefined]);
    assertEquals((await binlogd(["list", dir])).code, 0);
  });
});

Deno.test("list warns of a GTID set that names what no file holds", async () => {
  await withFolder(async (dir) => {
    const uuid = await copyTo(dir);
    const whole = await binlogd(["list", dir, "--gtid-set"]);
    assert(!whole.stderr.includes("in no file"), whole.stderr);
    await Deno.truncate(`${dir}/binlog.000004`, await lastStart(dir, uuid));
    const cut = await binlogd(["list", dir, "--gtid-set"]);
    assertEquals([cut.code, cut.stdout], [0, whole.stdout]);
    assertStringIncludes(cut.stderr, `the set names GTIDs that are in no file`);
    assertStringIncludes(cut.stderr, `${uuid}:26`);
  });
});
