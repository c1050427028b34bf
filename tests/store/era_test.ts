/** Moving a history aside, whole or finished after an interruption. */
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
import { withFolder } from "../_pipeline.ts";

const TESTDATA = new URL("../../testdata/mysql97/", import.meta.url).pathname;
const NAMES = ["binlog.000001", "binlog.000002", "binlog.000003"];
const SOURCE: SourceIdentity = {
  flavour: "mysql",
  version: "9.7.4",
  address: "db1:3306",
  serverId: 1,
  serverUuid: "3e11fa47-71ca-11e1-9e33-c80aa9429562",
};

async function makeStore(dir: string, source: SourceIdentity | undefined = SOURCE): Promise<void> {
  for (const name of NAMES) await Deno.copyFile(`${TESTDATA}${name}`, `${dir}/${name}`);
  await writeIndexFile(dir, NAMES);
  await Deno.writeTextFile(`${dir}/binlogd.state.json`, "{}");
  await Deno.writeTextFile(`${dir}/binlogd.on-close.json`, "{}");
  const hole = {
    afterFile: "binlog.000001",
    afterPosition: 4,
    nextFile: "binlog.000002",
    reason: "purged",
    time: "2026-11-23T00:00:00.000Z",
  };
  const identity = { ...newIdentity(7), holes: [hole] };
  await writeIdentity(dir, source ? { ...identity, source } : identity);
}

function namesIn(dir: string): string[] {
  return [...Deno.readDirSync(dir)].map(({ name }) => name).sort();
}

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

// After which step of moving the process is killed: so many of the files are there already.
for (let steps = 0; steps <= 4; steps++) {
  Deno.test(`a move that ended after ${steps} of 4 files is finished when asked for again`, async () => {
    await withFolder(async (dir) => {
      await makeStore(dir);
      await Deno.mkdir(`${dir}/era-1`);
      for (const name of [...NAMES, "binlog.index"].slice(0, steps)) {
        await Deno.rename(`${dir}/${name}`, `${dir}/era-1/${name}`);
      }
      assertEquals(await moveToEra(dir, "test"), `${dir}/era-1`);
      await checkMoved(dir, 1, SOURCE);
    });
  });
}

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

Deno.test("a move of files of an unknown source that ended half-way is finished", async () => {
  await withFolder(async (dir) => {
    await makeStore(dir);
    const { source: _, ...identity } = (await readIdentity(dir))!;
    await writeIdentity(dir, identity);
    await Deno.mkdir(`${dir}/era-1`);
    await Deno.rename(`${dir}/${NAMES[0]}`, `${dir}/era-1/${NAMES[0]}`);
    assertEquals(await moveToEra(dir, "test"), `${dir}/era-1`);
    await checkMoved(dir, 1);
  });
});

Deno.test("a folder that is no store, and a store without files, have nothing to move", async () => {
  await withFolder(async (dir) => {
    await Deno.copyFile(`${TESTDATA}binlog.000001`, `${dir}/binlog.000001`);
    assertEquals(await moveToEra(dir, "test"), undefined);
    assertEquals(namesIn(dir), ["binlog.000001"]);
    await Deno.remove(`${dir}/binlog.000001`);
    await writeIdentity(dir, newIdentity());
    assertEquals(await moveToEra(dir, "test"), undefined);
  });
});
