import { assert, assertEquals } from "@std/assert";
import { StoreIoError } from "../../lib/errors.ts";
import { openBinlogFolder } from "../../lib/inspect/binlog_folder.ts";
import { repairStore } from "../../lib/inspect/repair_store.ts";
import { withRoom } from "../../lib/inspect/with_room.ts";
import { newIdentity, writeIdentity } from "../../lib/store/identity.ts";
import type { ScannedFile } from "../../lib/store/file_summary.ts";
import { AddedSummaries } from "../../lib/store/file_summary_added.ts";
import { summariseFile } from "../../lib/store/file_summary_build.ts";
import { FileIndex } from "../../lib/store/file_summary_index.ts";
import { SummaryRecorder } from "../../lib/store/file_summary_recorder.ts";
import { tryLock } from "../../lib/store/store_lock.ts";
import { waitUntil } from "../_binlogd.ts";
import { FileBuilder } from "../_events.ts";
import { withFolder } from "../_pipeline.ts";

const SIZE_MAX = 64 * 1024 * 1024;

/** Writes a file of some transactions; returns what is in it. */
async function scan(dir: string, file: string, transactions = 2): Promise<ScannedFile> {
  const builder = new FileBuilder(file).format();
  for (let i = 1; i <= transactions; i++) builder.transaction(i);
  await Deno.writeFile(`${dir}/${file}`, builder.bytes());
  return await summariseFile(`${dir}/${file}`, file);
}

/** What an index says, with the points. */
function said(path: string, ...files: string[]): (ScannedFile | undefined)[] {
  const index = FileIndex.open(path);
  return files.map((file) => {
    const { points: _, ...summary } = index.known(file) ?? {} as ScannedFile["summary"];
    const points = index.points(file);
    return points && { summary, points };
  });
}

/** Runs work on an index that is not there yet, and on what is added to it. */
async function withIndex(
  work: (path: string, added: AddedSummaries, dir: string) => Promise<void>,
): Promise<void> {
  await withFolder(async (dir) => {
    const path = `${dir}/binlogd.files.json`;
    await work(path, new AddedSummaries(path), dir);
  });
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

Deno.test("a recorder appends what it found and leaves the index alone, whatever it is", async () => {
  for (const size of [0, 2 ** 30]) {
    await withIndex(async (path, added, dir) => {
      await Deno.writeTextFile(path, "no index");
      await Deno.writeTextFile(`${path}.points`, "no points");
      if (size > 0) await Deno.truncate(path, size); // more than can be read as a string
      await Deno.utime(path, 1000, 1000);
      const expected = [await scan(dir, "b.000001"), await scan(dir, "b.000002")];
      const recorder = new SummaryRecorder(dir);
      recorder.closed("b.000001");
      recorder.closed("b.000002");
      await waitUntil(() => [...added.read()].length >= 2);
      await recorder.stop();
      assertEquals([...added.read()], expected);
      const stat = await Deno.stat(path);
      assertEquals([stat.size, stat.mtime?.getTime()], [size || 8, 1_000_000]);
      assertEquals(await Deno.readTextFile(`${path}.points`), "no points");
    });
  }
});

Deno.test("what was added is part of the index, and goes into it with the next save", async () => {
  await withIndex(async (path, added, dir) => {
    const old = FileIndex.open(path);
    old.put(await scan(dir, "b.000001", 1));
    assert(await old.save());
    const first = await scan(dir, "b.000001", 3);
    const second = await scan(dir, "b.000002");
    for (const scanned of [first, second]) assert(await added.append(scanned));
    assertEquals(said(path, "b.000001", "b.000002"), [first, second]);
    // A save that fails on its way leaves them where they are.
    await Deno.mkdir(`${path}.tmp/in-the-way`, { recursive: true });
    assertEquals(await FileIndex.open(path).save(), false);
    await Deno.remove(`${path}.tmp`, { recursive: true });
    assertEquals(said(path, "b.000001", "b.000002"), [first, second]);
    const kept = await Deno.readFile(`${path}.new`);
    assert(await FileIndex.open(path).save());
    assert(!await isThere(`${path}.new`));
    assertEquals(said(path, "b.000001", "b.000002"), [first, second]);
    assertEquals(JSON.parse(await Deno.readTextFile(path)).files.length, 2);
    // As a kill before the removal leaves it.
    await Deno.writeFile(`${path}.new`, kept);
    assert(await FileIndex.open(path).save());
    assertEquals(said(path, "b.000001", "b.000002"), [first, second]);
  });
});

Deno.test("a line that was cut anywhere spoils neither those before nor the next", async () => {
  await withIndex(async (path, added, dir) => {
    const files = ["b.000001", "b.000002", "b.000003"];
    const scanned: ScannedFile[] = [];
    const ends: number[] = [];
    for (const file of files) scanned.push(await scan(dir, file));
    for (const one of scanned.slice(0, 2)) {
      await added.append(one);
      ends.push(Deno.statSync(`${path}.new`).size);
    }
    const bytes = await Deno.readFile(`${path}.new`);
    for (let cut = 0; cut <= bytes.length; cut++) {
      await Deno.writeFile(`${path}.new`, bytes.subarray(0, cut));
      const whole = scanned.slice(0, ends.filter((end) => end <= cut).length);
      assertEquals([...added.read()], whole, `cut at ${cut}`);
      await added.append(scanned[2]!);
      assertEquals([...added.read()], [...whole, scanned[2]], `cut at ${cut}, one more`);
    }
  });
});

Deno.test("what is added while others have the index open stays", async () => {
  await withIndex(async (path, added, dir) => {
    const begun = await scan(dir, "b.000001", 1);
    const list = FileIndex.open(path);
    list.put(begun);
    const other = FileIndex.open(path);
    const complete = await scan(dir, "b.000001", 3);
    const second = await scan(dir, "b.000002");
    const third = await scan(dir, "b.000003");
    await added.append(complete);
    await added.append(second);
    other.put(await scan(dir, "b.000004"));
    // Takes away the file that one had read as empty; another of the same name comes after it.
    assert(await other.save());
    await added.append(third);
    list.keepOnly(["b.000001"]); // the others came after it looked
    assert(await list.save());
    assertEquals(said(path, "b.000001", "b.000002", "b.000003"), [complete, second, third]);
    assertEquals(FileIndex.open(path).size, 4);
    assert(!await isThere(`${path}.new`));
  });
});

Deno.test("a file that is gone leaves the index, unless another of its name was added", async () => {
  await withIndex(async (path, added, dir) => {
    await added.append(await scan(dir, "b.000001", 1));
    await added.append(await scan(dir, "b.000002", 1));
    const list = FileIndex.open(path);
    list.keepOnly([]);
    const again = await scan(dir, "b.000001", 3);
    await added.append(again);
    assert(await list.save());
    assertEquals(said(path, "b.000001", "b.000002"), [again, undefined]);
  });
});

Deno.test("a recorder leaves out what has no room, or comes while others write", async () => {
  await withIndex(async (path, added, dir) => {
    const scanned = await scan(dir, "b.000001");
    using lock = await Deno.open(`${path}.lock`, { write: true, create: true });
    assert(await tryLock(lock));
    assertEquals(await added.append(scanned), false);
    assertEquals([...added.read()], []);
    await lock.unlock();
    assertEquals(await added.append(scanned), true);
    await Deno.truncate(`${path}.new`, SIZE_MAX - 1);
    assertEquals([await added.isFull(), await added.append(scanned)], [false, true]);
    const { size } = await Deno.stat(`${path}.new`);
    assertEquals([await added.isFull(), await added.append(scanned)], [true, false]);
    assertEquals((await Deno.stat(`${path}.new`)).size, size);
    // Put into the index, it makes room.
    assert(await FileIndex.open(path).save());
    assertEquals(await added.append(scanned), true);
  });
});

Deno.test("a file that is not ours is neither read nor removed", async () => {
  await withIndex(async (path, added, dir) => {
    const notes =
      'my notes\n{}\nnull\n{"summary":null}\n{"summary":{"file":"b.000001"},"points":[]}\n';
    await Deno.writeTextFile(`${path}.new`, notes);
    assertEquals([...added.read()], []);
    const index = FileIndex.open(path);
    index.put(await scan(dir, "b.000001"));
    assert(await index.save());
    assertEquals(await Deno.readTextFile(`${path}.new`), notes);
  });
});

Deno.test("who rebuilds the index, or makes room of it, takes away what was added", async () => {
  await withIndex(async (path, added, dir) => {
    const right = await scan(dir, "b.000001");
    await writeIdentity(dir, newIdentity());
    await added.append({ ...right, summary: { ...right.summary, transactions: 99 } });
    const folder = await openBinlogFolder(dir);
    await repairStore(folder, folder.series[0]!, new AbortController().signal);
    assertEquals(said(path, "b.000001"), [right]);
    await added.append(right);
    await withRoom(dir, async () => {
      if (!await isThere(path)) return;
      throw new StoreIoError("full", { cause: new Error("No space left on device (os error 28)") });
    });
    assert(!await isThere(`${path}.new`));
  });
});
