/** A move to an era that was interrupted is finished by the next start, whatever it is asked for. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { StoreError, StoreIoError } from "../../lib/errors.ts";
import type { Finding } from "../../lib/inspect/verify_finding.ts";
import { verifyIdentity } from "../../lib/inspect/verify_store.ts";
import { Logger } from "../../lib/log.ts";
import { moveToEra } from "../../lib/store/era.ts";
import { finishEra } from "../../lib/store/era_finish.ts";
import {
  IDENTITY_FILE,
  readIdentity,
  type StoreIdentity,
  writeIdentity,
} from "../../lib/store/identity.ts";
import { Store } from "../../lib/store/store.ts";
import { HOLE, makeHistory, makeStore, NAMES, namesIn, SOURCE } from "../_era_store.ts";
import { interrupt } from "../_interrupt.ts";
import { withFolder } from "../_pipeline.ts";

/** Opens a store and closes it; returns the warnings. */
async function openOnce(dir: string, newEra?: string): Promise<string> {
  let said = "";
  const log = new Logger({ level: "warning", write: (line) => said += line });
  (await Store.open({ dir, log, serverId: 7, ...(newEra ? { newEra } : {}) })).close();
  return said;
}

function withoutChance(identity: StoreIdentity): unknown {
  const { uuid: _, serverIdBefore: _before, ...rest } = identity;
  return { ...rest, eras: rest.eras.map(({ time: _, ...era }) => era) };
}

/** All that is in a store: each file's text, but for locks and what differs by chance. */
async function contentOf(dir: string): Promise<Record<string, unknown>> {
  const content: Record<string, unknown> = {};
  for (const name of namesIn(dir)) {
    const path = `${dir}/${name}`;
    if (name.endsWith(".lock")) continue;
    if ((await Deno.stat(path)).isDirectory) content[name] = await contentOf(path);
    else if (name === IDENTITY_FILE) content[name] = withoutChance((await readIdentity(dir))!);
    else content[name] = new TextDecoder("latin1").decode(await Deno.readFile(path));
  }
  return content;
}

const STORES = {
  "a store": (dir: string) => makeStore(dir),
  "a store without identity": makeHistory,
};

for (const [what, make] of Object.entries(STORES)) {
  for (const killed of [true, false]) {
    const how = killed ? "killed" : "ended by an error";
    Deno.test(`a move of ${what} ${how} at any step is finished by a plain start`, async () => {
      let whole: unknown;
      let steps = 0;
      await withFolder(async (dir) => {
        await make(dir);
        ({ steps } = await interrupt(0, false, () => moveToEra(dir, "test")));
        await openOnce(dir);
        whole = await contentOf(dir);
      });
      const seen = new Set<string>();
      for (let at = 1; at <= steps; at++) {
        await withFolder(async (dir) => {
          await make(dir);
          const { error } = await interrupt(at, killed, () => moveToEra(dir, "test"));
          assert(error instanceof Error, `step ${at} failed, and nobody was told`);
          const era = (await readIdentity(dir))?.eras[0];
          const state = !era ? "not begun" : era.begun ? "begun" : "done";
          seen.add(state);
          const said = await openOnce(dir);
          const told = said.includes("moved the rest") && said.includes(`${dir}/era-1`);
          assertEquals(told, state === "begun", `step ${at}: ${said}`);
          if (state === "not begun") {
            assertEquals(namesIn(dir).includes("era-1"), false);
            assertEquals((await readIdentity(dir))!.eras, []);
            assertEquals(await openOnce(dir, "test"), "");
          }
          assertEquals(await contentOf(dir), whole, `step ${at}`);
          // Nor is there anything left to move for who asks again.
          assertEquals(await openOnce(dir, "again"), "");
          assertEquals(await contentOf(dir), whole, `step ${at}`);
        });
      }
      assertEquals([...seen], ["not begun", "begun", "done"]);
    });
  }
}

Deno.test("finishing a move is finished too, wherever it is killed", async () => {
  await withFolder(async (dir) => {
    await makeStore(dir);
    const before = (await readIdentity(dir))!;
    // One step more each time, so that it comes a little further than the last time.
    await interrupt(6, true, () => moveToEra(dir, "test"));
    assertEquals((await readIdentity(dir))!.eras[0]!.begun, true);
    let at = 1;
    while ((await interrupt(at++, true, () => finishEra(dir))).error !== undefined) {
      const { source, holes, eras } = (await readIdentity(dir))!;
      // Whoever reads the store meanwhile is told of the holes of the files that are still there.
      if (eras[0]!.begun) assertEquals([source, holes], [SOURCE, [HOLE]]);
    }
    assert(at > 5);
    const identity = (await readIdentity(dir))!;
    assertEquals([identity.uuid, identity.holes, identity.source], [before.uuid, [], undefined]);
    assertEquals(identity.eras[0]!.source, SOURCE);
    assertEquals(identity.eras[0]!.holes, [HOLE]);
    assertEquals(namesIn(`${dir}/era-1`), [...NAMES, "binlog.index"]);
    assertEquals(await finishEra(dir), undefined);
  });
});

Deno.test("verify says that a move was interrupted, and not that the era's folder is gone", async () => {
  await withFolder(async (dir) => {
    await makeStore(dir);
    const found: string[] = [];
    const add = ({ code, message }: Finding): void => void found.push(`${code}: ${message}`);
    await interrupt(5, true, () => moveToEra(dir, "test"));
    assertEquals(namesIn(dir).includes("era-1"), false);
    await verifyIdentity(dir, add);
    assertEquals(found, [
      "leftover: era 1 is begun, and its files are not all in era-1: the next dump moves the rest",
    ]);
    found.length = 0;
    await openOnce(dir);
    await verifyIdentity(dir, add);
    assertEquals(found, []);
    await Deno.remove(`${dir}/era-1`, { recursive: true });
    await verifyIdentity(dir, add);
    assertEquals(found, ["missing-file: the folder of era 1 is gone"]);
  });
});

Deno.test("a state that can't be removed is told, by its name", async () => {
  await withFolder(async (dir) => {
    await makeStore(dir);
    await Deno.remove(`${dir}/binlogd.state.json`);
    await Deno.mkdir(`${dir}/binlogd.state.json/within`, { recursive: true });
    const error = await assertRejects(() => openOnce(dir, "test"), StoreIoError);
    assertStringIncludes(error.message, `Cannot remove ${dir}/binlogd.state.json: `);
    await Deno.remove(`${dir}/binlogd.state.json/within`);
    assertStringIncludes(await openOnce(dir), "moved the rest");
    assertEquals(namesIn(`${dir}/era-1`), [...NAMES, "binlog.index"]);
  });
});

Deno.test("the rest of an era is not written over what its folder holds", async () => {
  await withFolder(async (dir) => {
    await makeStore(dir);
    await interrupt(10, true, () => moveToEra(dir, "test"));
    await Deno.mkdir(`${dir}/era-1`, { recursive: true });
    await Deno.writeTextFile(`${dir}/era-1/${NAMES[2]}`, "put there by hand");
    const error = await assertRejects(() => openOnce(dir), StoreError, `Cannot move ${dir}/`);
    assertStringIncludes(error.details.hint!, "move one of the two elsewhere");
    assertEquals(await Deno.readTextFile(`${dir}/era-1/${NAMES[2]}`), "put there by hand");
    await Deno.remove(`${dir}/era-1/${NAMES[2]}`);
    assertStringIncludes(await openOnce(dir), "moved the rest");
    assertEquals(namesIn(`${dir}/era-1`), [...NAMES, "binlog.index"]);
  });
});

Deno.test("another history does not move into the folder of a move that was interrupted", async () => {
  await withFolder(async (dir) => {
    await makeStore(dir);
    await interrupt(10, true, () => moveToEra(dir, "first"));
    await openOnce(dir);
    for (const name of NAMES) {
      await Deno.copyFile(`${dir}/era-1/${name}`, `${dir}/${name.replace("binlog", "changed")}`);
    }
    await writeIdentity(dir, { ...(await readIdentity(dir))!, source: { ...SOURCE, serverId: 2 } });
    await openOnce(dir, "second");
    const { eras } = (await readIdentity(dir))!;
    assertEquals(eras.map(({ folder, source, reason }) => [folder, source?.serverId, reason]), [
      ["era-1", 1, "first"],
      ["era-2", 2, "second"],
    ]);
    assertEquals(namesIn(`${dir}/era-1`), [...NAMES, "binlog.index"]);
    assertEquals(namesIn(`${dir}/era-2`).filter((name) => name.startsWith("binlog")), []);
  });
});
