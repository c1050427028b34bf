/** Moving a history aside. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { eraJson, eraLine } from "../../lib/cli/list_output.ts";
import { Logger } from "../../lib/log.ts";
import { moveToEra } from "../../lib/store/era.ts";
import {
  newIdentity,
  readIdentity,
  type SourceIdentity,
  writeIdentity,
} from "../../lib/store/identity.ts";
import { writeIndexFile } from "../../lib/store/index_file.ts";
import { Store } from "../../lib/store/store.ts";
import { readStoreGtids } from "../../lib/store/store_gtids.ts";
import { makeHistory, makeStore, NAMES, namesIn, SOURCE, TESTDATA } from "../_era_store.ts";
import { withFolder } from "../_pipeline.ts";

async function checkMoved(
  dir: string,
  number: number,
  source?: SourceIdentity,
): Promise<void> {
  const identity = (await readIdentity(dir))!;
  assertEquals(namesIn(`${dir}/era-${number}`), [...NAMES, "binlog.index"].sort());
  assertEquals(identity.source, undefined);
  assertEquals(identity.holes, []);
  const era = identity.eras.at(-1)!;
  assertEquals([era.number, era.folder, era.reason], [number, `era-${number}`, "test"]);
  assertEquals(era.source, source);
  assertEquals(era.holes!.length, 1);
  const path = `${dir}/era-${number}/binlog.000003`;
  assertEquals(era.gtidSet, readStoreGtids(path, "binlog.000003").toString());
  assert(era.gtidSet.includes(":1-"), era.gtidSet);
  for (const name of NAMES) {
    const moved = await Deno.readFile(`${dir}/era-${number}/${name}`);
    assertEquals(moved, await Deno.readFile(`${TESTDATA}${name}`));
  }
  for (const name of [...NAMES, "binlog.index", "binlogd.state.json", "binlogd.on-close.json"]) {
    assertEquals(await Deno.stat(`${dir}/${name}`).catch(() => undefined), undefined, name);
  }
}

Deno.test("an era holds the files, their index, source, GTIDs and holes", async () => {
  await withFolder(async (dir) => {
    await makeStore(dir);
    assertEquals(await moveToEra(dir, "test"), `${dir}/era-1`);
    await checkMoved(dir, 1, SOURCE);
    assertEquals(await moveToEra(dir, "again"), undefined);
    assertEquals((await readIdentity(dir))!.eras.length, 1);
    assertEquals((await readIdentity(dir))!.serverId, 7);
  });
});

Deno.test("eras are numbered, and a store opened with a new era is empty", async () => {
  await withFolder(async (dir) => {
    await makeStore(dir);
    await moveToEra(dir, "first");
    const identity = (await readIdentity(dir))!;
    for (const name of NAMES) await Deno.copyFile(`${TESTDATA}${name}`, `${dir}/${name}`);
    await writeIndexFile(dir, NAMES);
    await writeIdentity(dir, { ...identity, source: SOURCE });
    const log = new Logger({ write: () => {} });
    const store = await Store.open({ dir, log, newEra: "second" });
    assertEquals([store.files, store.last], [[], undefined]);
    store.close();
    assertEquals(store.identity.eras.map(({ folder }) => folder), ["era-1", "era-2"]);
    assertEquals(store.identity.serverId, 7);
  });
});

Deno.test("files of an era are never written over, also when the identity was lost", async () => {
  await withFolder(async (dir) => {
    await Deno.mkdir(`${dir}/era-1`);
    await Deno.writeTextFile(`${dir}/era-1/binlog.000002`, "older history");
    await makeStore(dir);
    assertEquals(await moveToEra(dir, "test"), `${dir}/era-2`);
    await checkMoved(dir, 2, SOURCE);
    assertEquals(await Deno.readTextFile(`${dir}/era-1/binlog.000002`), "older history");
  });
});

Deno.test("files of an unknown source are moved as such", async () => {
  await withFolder(async (dir) => {
    await makeStore(dir);
    const { source: _, ...identity } = (await readIdentity(dir))!;
    await writeIdentity(dir, identity);
    assertEquals(await moveToEra(dir, "test"), `${dir}/era-1`);
    await checkMoved(dir, 1);
    const era = (await readIdentity(dir))!.eras[0]!;
    assertStringIncludes(eraLine(era), "era 1 in era-1/: from an unknown source, up to ");
    assertEquals([eraJson(era).address, eraJson(era).server_id], [null, null]);
    assertStringIncludes(eraLine({ ...era, source: SOURCE }), "mysql 9.7.4 at db1:3306, up to ");
  });
});

Deno.test("files that have lost their identity are moved, and the store gets another", async () => {
  await withFolder(async (dir) => {
    await makeHistory(dir);
    const log = new Logger({ write: () => {} });
    const store = await Store.open({ dir, log, newEra: "test", serverId: 9 });
    assertEquals([store.files, store.identity.serverId], [[], 9]);
    store.close();
    const { eras, source, ...identity } = (await readIdentity(dir))!;
    assertEquals([eras.length, source, identity.serverId], [1, undefined, 9]);
    const { time: _, ...era } = eras[0]!;
    const gtidSet = readStoreGtids(`${dir}/era-1/${NAMES[2]}`, NAMES[2]!).toString();
    assertEquals(era, { number: 1, folder: "era-1", gtidSet, reason: "test" });
    assertEquals(namesIn(`${dir}/era-1`), [...NAMES, "binlog.index"]);
    assertEquals(namesIn(dir).filter((name) => name.startsWith("binlog.")), []);
  });
});

Deno.test("a history never moves into a folder that is there, nor takes the number of another", async () => {
  await withFolder(async (dir) => {
    await Deno.mkdir(`${dir}/era-1`);
    await makeStore(dir);
    assertEquals(await moveToEra(dir, "test"), `${dir}/era-2`);
    await checkMoved(dir, 2, SOURCE);
    assertEquals(namesIn(`${dir}/era-1`), []);
    // Moved elsewhere by hand: the identity still knows it as era 2.
    await Deno.remove(`${dir}/era-2`, { recursive: true });
    await makeHistory(dir);
    assertEquals(await moveToEra(dir, "test"), `${dir}/era-3`);
    assertEquals((await readIdentity(dir))!.eras.map(({ number }) => number), [2, 3]);
  });
});

Deno.test("a store without files has nothing to move, nor has an empty folder", async () => {
  await withFolder(async (dir) => {
    assertEquals(await moveToEra(dir, "test"), undefined);
    assertEquals(namesIn(dir), []);
    await writeIdentity(dir, newIdentity());
    assertEquals(await moveToEra(dir, "test"), undefined);
    assertEquals((await readIdentity(dir))!.eras, []);
  });
});
