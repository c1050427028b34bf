import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { StoreError } from "../../lib/errors.ts";
import { openBinlogFolder } from "../../lib/inspect/binlog_folder.ts";
import { repairStore } from "../../lib/inspect/repair_store.ts";
import { verifyFolder } from "../../lib/inspect/verify_folder.ts";
import { newIdentity, writeIdentity } from "../../lib/store/identity.ts";
import { StoreLock } from "../../lib/store/store_lock.ts";
import { readState, STATE_FILE, writeState } from "../../lib/store/store_state.ts";
import { FileBuilder } from "../_events.ts";
import { withFolder } from "../_pipeline.ts";

const { signal } = new AbortController();

/** A store of two files; returns the size of the second. */
async function makeStore(dir: string): Promise<number> {
  const first = new FileBuilder("b.000001").format().transaction(1).rotate("b.000002");
  const second = new FileBuilder("b.000002").format().transaction(2);
  await Deno.writeFile(`${dir}/b.000001`, first.bytes());
  await Deno.writeFile(`${dir}/b.000002`, second.bytes());
  await Deno.writeTextFile(`${dir}/b.index`, "./b.000001\n./b.000002\n");
  await writeIdentity(dir, newIdentity());
  await writeState(dir, { format: 1, file: "b.000002", durable: second.position, time: "" });
  return second.position;
}

/** Codes of all that verify finds in a folder. */
async function codes(dir: string): Promise<string[]> {
  const folder = await openBinlogFolder(dir);
  const { files, findings } = await verifyFolder(folder, folder.series[0]!, { signal });
  return [...files.flatMap((file) => file.findings), ...findings].map(({ code }) => code);
}

async function repair(dir: string): Promise<string[]> {
  const folder = await openBinlogFolder(dir);
  const done = await repairStore(folder, folder.series[0]!, signal);
  return done.map(({ file }) => file!);
}

Deno.test("verify finds nothing in a good store", async () => {
  await withFolder(async (dir) => {
    await makeStore(dir);
    assertEquals(await codes(dir), []);
    assertEquals(await repair(dir), []);
    assertEquals(await codes(dir), []);
  });
});

Deno.test("verify compares state and index of a store with its files", async () => {
  await withFolder(async (dir) => {
    const size = await makeStore(dir);
    const state = { format: 1, file: "b.000002", durable: size, time: "" } as const;
    await writeState(dir, { ...state, durable: size + 1 });
    assertEquals(await codes(dir), ["state"]);
    await writeState(dir, { ...state, acked: { file: "b.000002", position: size + 5 } });
    assertEquals(await codes(dir), ["state"]);
    await writeState(dir, { ...state, file: "b.000009" });
    assertEquals(await codes(dir), ["state"]);
    assertEquals(await repair(dir), ["binlogd.state.json"]);
    assertEquals((await readState(dir))?.durable, size);
    await Deno.remove(`${dir}/binlogd.state.json`);
    assertEquals(await codes(dir), ["state-missing"]);
    await writeState(dir, state);
    await Deno.writeTextFile(`${dir}/b.index`, "./b.000001\n");
    assertEquals(await codes(dir), ["unlisted"]);
    assertEquals(await repair(dir), ["b.index"]);
    await Deno.writeTextFile(`${dir}/b.index`, "./b.000001\n./b.000002\n./b.000003\n");
    assertEquals(await codes(dir), ["missing-file"]);
    assertEquals(await repair(dir), [], "what is missing can't be rebuilt");
    await Deno.remove(`${dir}/binlogd.identity.json`);
    assertEquals(await codes(dir), ["identity", "missing-file"]);
    await Deno.writeTextFile(`${dir}/binlogd.identity.json`, "{}");
    assertEquals(await codes(dir), ["identity", "missing-file"]);
  });
});

Deno.test("verify goes on behind a damaged file, and repair leaves that alone", async () => {
  await withFolder(async (dir) => {
    await makeStore(dir);
    const path = `${dir}/b.000001`;
    const bytes = await Deno.readFile(path);
    bytes[200]! ^= 1;
    await Deno.writeFile(path, bytes);
    const second = `${dir}/b.000002`;
    await Deno.truncate(second, (await Deno.stat(second)).size - 3);
    assertEquals(await codes(dir), ["damaged-event", "torn", "state"]);
    assertEquals(await repair(dir), ["b.000002", "binlogd.state.json"]);
    assertEquals(await codes(dir), ["damaged-event", "open-transaction"]);
    assertEquals(await Deno.readFile(path), bytes);
  });
});

Deno.test("repair cuts zeros off the end of the newest file, and keeps them aside", async () => {
  await withFolder(async (dir) => {
    const size = await makeStore(dir);
    const second = `${dir}/b.000002`;
    const good = await Deno.readFile(second);
    await Deno.truncate(second, size + 100);
    assertEquals(await codes(dir), ["torn"]);
    assertEquals(await repair(dir), ["b.000002"]);
    assertEquals(await Deno.readFile(second), good);
    const aside = `${dir}/binlogd.torn.b.000002.${size}`;
    assertEquals(await Deno.readFile(aside), new Uint8Array(100));
    assertEquals(await codes(dir), []);
  });
});

Deno.test("verify tells of what an interrupted purge or write left, and repair removes it", async () => {
  await withFolder(async (dir) => {
    await makeStore(dir);
    const left = ["b.index.tmp", "binlogd.purged.b.000000", "binlogd.state.json.tmp"];
    for (const name of left) await Deno.writeTextFile(`${dir}/${name}`, "x");
    assertEquals(await codes(dir), ["leftover", "leftover", "leftover"]);
    assertEquals((await repair(dir)).sort(), left);
    assertEquals(await codes(dir), []);
  });
});

Deno.test("repair cuts no file that a link leads to", async () => {
  await withFolder(async (dir) => {
    const size = await makeStore(dir);
    await Deno.truncate(`${dir}/b.000002`, size - 3);
    await Deno.rename(`${dir}/b.000002`, `${dir}/elsewhere`);
    await Deno.symlink(`${dir}/elsewhere`, `${dir}/b.000002`);
    await assertRejects(() => repair(dir), StoreError, "leads elsewhere");
    assertEquals((await Deno.stat(`${dir}/elsewhere`)).size, size - 3);
  });
});

Deno.test("repair keeps off other people's folders and stores at work", async () => {
  await withFolder(async (dir) => {
    await makeStore(dir);
    const lock = await StoreLock.take(dir);
    await assertRejects(() => repair(dir), StoreError, "another binlogd is at work");
    lock.release();
    for (const name of ["binlogd.identity.json", "binlogd.state.json", "binlogd.lock"]) {
      await Deno.remove(`${dir}/${name}`);
    }
    await assertRejects(() => repair(dir), StoreError, "is no store of binlogd");
  });
});

Deno.test("verify says that a state can't be read, which is no damage that a repair mends", async () => {
  await withFolder(async (dir) => {
    await makeStore(dir);
    await Deno.remove(`${dir}/${STATE_FILE}`);
    await Deno.mkdir(`${dir}/${STATE_FILE}`);
    const folder = await openBinlogFolder(dir);
    const { findings } = await verifyFolder(folder, folder.series[0]!, { signal });
    const [found] = findings.filter(({ code }) => code === "state");
    assertStringIncludes(found!.message, "can't be read");
    assertStringIncludes(found!.message, STATE_FILE);
  });
});
