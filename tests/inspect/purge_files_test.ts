import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { StoreError, StoreIoError } from "../../lib/errors.ts";
import { openBinlogFolder } from "../../lib/inspect/binlog_folder.ts";
import { indexSeries } from "../../lib/inspect/list_files.ts";
import { purgeFiles, type PurgeSplit } from "../../lib/inspect/purge_files.ts";
import { PURGED } from "../../lib/inspect/remove_purged.ts";
import { splitIndex } from "../../lib/inspect/split_index.ts";
import { newIdentity, writeIdentity } from "../../lib/store/identity.ts";
import { readIndexFile } from "../../lib/store/index_file.ts";
import { INDEX_LOCK_FILE, withIndexLock, withoutPurged } from "../../lib/store/index_lock.ts";
import { FileBuilder } from "../_events.ts";
import { fillDisk } from "../_fill_disk.ts";
import { withFolder } from "../_pipeline.ts";
import { makeReadOnly } from "../_read_only.ts";
import { withSmallDisk } from "../_small_disk.ts";

const file = (n: number): string => `b.00000${n}`;
const ALL = [1, 2, 3, 4].map(file);

async function makeStore(dir: string): Promise<void> {
  for (const n of [1, 2, 3, 4]) {
    const bytes = new FileBuilder(file(n)).format().transaction(n).rotate(file(n + 1)).bytes();
    await Deno.writeFile(`${dir}/${file(n)}`, bytes);
  }
  await Deno.writeTextFile(`${dir}/b.index`, ALL.map((name) => `./${name}\n`).join(""));
  await Deno.writeTextFile(`${dir}/${INDEX_LOCK_FILE}`, "");
  await writeIdentity(dir, newIdentity());
}

/** Has the summaries made, as a dump or any command that lists files does. */
async function summarise(dir: string): Promise<void> {
  const folder = await openBinlogFolder(dir);
  await indexSeries(folder, folder.series[0]!);
}

function purge(dir: string, count: number): Promise<PurgeSplit> {
  return purgeFiles(dir, () => splitIndex(dir, "b.index", ALL.slice(0, count)));
}

/** Binlog files that are there. */
function there(dir: string): string[] {
  const names = [...Deno.readDirSync(dir)].map(({ name }) => name);
  return names.filter((name) => /^b\.\d+$/.test(name)).sort();
}

async function assertLeft(dir: string, names: string[]): Promise<void> {
  assertEquals(there(dir), names);
  assertEquals(await readIndexFile(`${dir}/b.index`), names);
}

Deno.test("a purge on a full disk makes the room it needs of what can be rebuilt", async () => {
  await withSmallDisk(1, async (dir) => {
    await makeStore(dir);
    await summarise(dir);
    fillDisk(`${dir}/other`);
    await purge(dir, 2);
    await assertLeft(dir, ALL.slice(2));
    assert((await Deno.stat(`${dir}/binlogd.files.json`)).isFile, "more was removed than it took");
  });
});

Deno.test("a purge without any room removes nothing, and says how much it needs", async () => {
  await withSmallDisk(1, async (dir) => {
    await makeStore(dir);
    fillDisk(`${dir}/other`);
    const error = await assertRejects(() => purge(dir, 2), StoreIoError, "no space left");
    assertEquals(error.details.file, `${dir}/b.index`);
    assertStringIncludes(error.details.hint!, "free a few KiB");
    await assertLeft(dir, ALL);
    await Deno.truncate(`${dir}/other`, 0);
    await purge(dir, 2);
    await assertLeft(dir, ALL.slice(2));
  });
});

Deno.test("a purge of a store that can't be written to removes nothing", async () => {
  await withSmallDisk(1, async (dir) => {
    await makeStore(dir);
    await makeReadOnly(dir);
    const error = await assertRejects(() => purge(dir, 2), StoreIoError, "Read-only file system");
    assertEquals(error.exitCode, 6);
    await assertLeft(dir, ALL);
  });
});

Deno.test("a purge removes what it can where one file does not go, and ends when run again", async () => {
  await withFolder(async (dir) => {
    await makeStore(dir);
    // A folder that is not empty is refused, whoever asks.
    await Deno.remove(`${dir}/${file(1)}`);
    await Deno.mkdir(`${dir}/${file(1)}/x`, { recursive: true });
    const going = `${dir}/${PURGED}${file(1)}`;
    await assertRejects(() => purge(dir, 3), StoreIoError, `Cannot remove ${going}`);
    await assertLeft(dir, [file(4)]);
    await Deno.remove(`${going}/x`);
    await purge(dir, 3);
    await assertLeft(dir, [file(4)]);
    await assertRejects(() => Deno.stat(going), Deno.errors.NotFound);
  });
});

Deno.test("a file that can't be renamed is removed where it is", async () => {
  await withFolder(async (dir) => {
    await makeStore(dir);
    const { rename } = Deno;
    Deno.rename = (from, to) =>
      String(to).includes(PURGED) ? Promise.reject(new Error("no room")) : rename(from, to);
    try {
      await purge(dir, 2);
    } finally {
      Deno.rename = rename;
    }
    await assertLeft(dir, ALL.slice(2));
  });
});

Deno.test("while files are removed, which may take long, the index is nobody's", async () => {
  await withFolder(async (dir) => {
    await makeStore(dir);
    const { remove } = Deno;
    let whileRemoved: string[] = [];
    Deno.remove = async (path) => {
      await withIndexLock(dir, async () => {
        whileRemoved = await withoutPurged(dir, ALL);
      });
      await remove(path);
    };
    try {
      await purge(dir, 2);
    } finally {
      Deno.remove = remove;
    }
    // As a dump beside it sees it that adds a file just then.
    assertEquals(whileRemoved, ALL.slice(2));
    await assertLeft(dir, ALL.slice(2));
  });
});

Deno.test("a purge leaves an index that changed meanwhile", async () => {
  await withFolder(async (dir) => {
    await makeStore(dir);
    const middle = () => purgeFiles(dir, () => splitIndex(dir, "b.index", [file(2)]));
    await assertRejects(middle, StoreError, "changed meanwhile");
    await assertRejects(() => purge(dir, 4), StoreError, "changed meanwhile");
    await assertLeft(dir, ALL);
  });
});
