/** Files that --on-close has not run for when their history is moved aside. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { lookForOnCloseLeft } from "../../lib/cli/dump_on_close_left.ts";
import { Logger } from "../../lib/log.ts";
import { readIdentity, writeIdentity } from "../../lib/store/identity.ts";
import { Store } from "../../lib/store/store.ts";
import { makeStore, NAMES } from "../_era_store.ts";
import { withFolder } from "../_pipeline.ts";

/** What is told when a store is opened. */
async function told(dir: string, isWanted: boolean, newEra?: string): Promise<string[]> {
  const lines: string[] = [];
  const quiet = new Logger({ write: () => {} });
  const tell = await lookForOnCloseLeft(dir, isWanted);
  const store = await Store.open({ dir, log: quiet, ...(newEra ? { newEra } : {}) });
  tell(store, new Logger({ write: (line) => void lines.push(line) }));
  store.close();
  return lines;
}

async function withNote(
  note: string | undefined,
  work: (dir: string) => Promise<void>,
): Promise<void> {
  await withFolder(async (dir) => {
    await makeStore(dir);
    await Deno.remove(`${dir}/binlogd.state.json`);
    await Deno.remove(`${dir}/binlogd.on-close.json`);
    if (note !== undefined) await Deno.writeTextFile(`${dir}/binlogd.on-close.json`, note);
    await work(dir);
  });
}

Deno.test("what the command has not run for is told with the folder where it is now", async () => {
  const cases: [string | undefined, boolean, number][] = [
    [`{"last":"${NAMES[0]}"}`, true, 2],
    [`{"last":"${NAMES[1]}"}`, false, 1],
    [`{"last":"binlog.000000"}`, true, 3],
    ["{", true, 3],
    [undefined, true, 3],
    [`{"last":"${NAMES[2]}"}`, true, 0],
    [undefined, false, 0],
  ];
  for (const [note, isWanted, count] of cases) {
    await withNote(note, async (dir) => {
      const lines = await told(dir, isWanted, "test");
      assertEquals(lines.length, count > 0 ? 1 : 0, note);
      if (count === 0) return;
      const names = `first=${NAMES[3 - count]} last=${NAMES[2]}`;
      assertStringIncludes(lines[0]!, `warning --on-close has not run for files of the era`);
      assertStringIncludes(lines[0]!, `folder=${dir}/era-1 files=${count} ${names}`);
    });
  }
});

Deno.test("it is told where a move that was interrupted is finished, and not without a move", async () => {
  await withNote(`{"last":"${NAMES[0]}"}`, async (dir) => {
    assertEquals(await told(dir, true), []);
    const identity = (await readIdentity(dir))!;
    const era = { number: 1, folder: "era-1", begun: true, gtidSet: "", reason: "", time: "" };
    await writeIdentity(dir, { ...identity, eras: [era] });
    await Deno.mkdir(`${dir}/era-1`);
    for (const name of NAMES.slice(0, 2)) {
      await Deno.rename(`${dir}/${name}`, `${dir}/era-1/${name}`);
    }
    const lines = await told(dir, true);
    assertEquals(lines.length, 1);
    assertStringIncludes(lines[0]!, `files=2 first=${NAMES[1]} last=${NAMES[2]}`);
    assertEquals(await told(dir, true), []);
  });
});
