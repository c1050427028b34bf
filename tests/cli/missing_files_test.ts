/** What find and events say of files that the index lists and that are not there. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { binlogd } from "../_binlogd.ts";
import { FileBuilder } from "../_events.ts";
import { withFolder } from "../_pipeline.ts";

const UUID = "00000000-0000-0000-0000-000000000000";
const T0 = 1_700_000_000;

/** Files 1 to 4 with one transaction each, one second after the other, but for the second file. */
async function makeFolder(dir: string): Promise<void> {
  for (const n of [1, 2, 3, 4]) {
    const builder = new FileBuilder(`b.00000${n}`).format();
    builder.timestamp = T0 + n;
    builder.gtid(n).query("DROP TABLE t").rotate(`b.00000${n + 1}`);
    if (n !== 2) await Deno.writeFile(`${dir}/${builder.name}`, builder.bytes());
  }
  const names = [1, 2, 3, 4].map((n) => `./b.00000${n}\n`);
  await Deno.writeTextFile(`${dir}/b.index`, names.join(""));
}

function at(second: number): string {
  return `--time=${new Date((T0 + second) * 1000).toISOString()}`;
}

Deno.test("find ends with 3 where the answer may be in a file that is missing", async () => {
  await withFolder(async (dir) => {
    await makeFolder(dir);
    const cases: [string[], number][] = [
      [[`--gtid=${UUID}:2`], 3],
      [[`--gtid=${UUID}:1-2`], 3],
      [[`--gtid=${UUID}:1:3`], 0],
      [[at(1)], 0],
      [[at(2)], 3],
      [[at(4)], 3],
      [[at(9)], 3],
      [["--table=d.t"], 3],
      [["--table=d.t", "--last=2"], 0],
      [["--table=d.t", "--last=3"], 3],
      [["--table=d.other"], 3],
      [["--position=b.000003:4"], 1],
      [["--position=b.000002:4"], 6],
    ];
    for (const [words, code] of cases) {
      const run = await binlogd(["find", dir, ...words]);
      assertEquals(run.code, code, `${words}: ${run.stderr}`);
      const warning = "a file is in the index, but not in the folder file=b.000002";
      assertStringIncludes(run.stderr, warning);
    }
    const none = await binlogd(["find", dir, "--position=b.000002:4"]);
    assertStringIncludes(none.stderr, "binlogd: b.000002 is in the index, but not in the folder");
  });
});

Deno.test("events of a folder names files that are missing, after the others, and ends with 3", async () => {
  await withFolder(async (dir) => {
    await makeFolder(dir);
    const run = await binlogd(["events", dir, "--type=rotate"]);
    assertEquals(run.code, 3, run.stderr);
    assertStringIncludes(run.stderr, "a file is in the index, but not in the folder file=b.000002");
    assertStringIncludes(run.stdout, "b.000005");
    await Deno.remove(`${dir}/b.000003`);
    const two = await binlogd(["events", dir]);
    assertStringIncludes(two.stderr, "2 files are in the index, but not in the folder");
    assertStringIncludes(two.stderr, "b.000002, b.000003");
    assertEquals((await binlogd(["events", `${dir}/b.000004`])).code, 0);
  });
});
