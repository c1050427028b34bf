/** A folder that is taken away while its store is open. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { StoreIoError } from "../../lib/errors.ts";
import { Logger } from "../../lib/log.ts";
import { recoverFile } from "../../lib/store/recovery.ts";
import { Store } from "../../lib/store/store.ts";
import { FileBuilder } from "../_events.ts";
import { withFolder } from "../_pipeline.ts";

const NAMES = ["binlog.000001", "binlog.000002", "binlog.000003"];
const log = new Logger({ write: () => {} });

/** Runs `work` on an open store of three files. */
async function withStore(work: (store: Store, dir: string) => Promise<void>): Promise<void> {
  await withFolder(async (parent) => {
    const dir = `${parent}/store`;
    await Deno.mkdir(dir);
    for (const name of NAMES) {
      const bytes = new FileBuilder(name).format().transaction(1).bytes();
      await Deno.writeFile(`${dir}/${name}`, bytes);
    }
    const store = await Store.open({ dir, log });
    await work(store, dir);
    store.close();
  });
}

Deno.test("a store whose folder is gone is an error that may pass, and passes when it is back", async () => {
  await withStore(async (store, dir) => {
    const before = store.last;
    await Deno.rename(dir, `${dir}-away`);
    for (let tries = 0; tries < 2; tries++) {
      const error = await assertRejects(() => store.recover(), StoreIoError, `${dir}/${NAMES[2]}`);
      assertEquals(error.details.file, `${dir}/${NAMES[2]}`);
    }
    await Deno.rename(`${dir}-away`, dir);
    await store.recover();
    assertEquals(store.last, before);
  });
});

Deno.test("a file that is gone or can't be read is named", async () => {
  await withFolder(async (dir) => {
    assertThrows(() => recoverFile(dir, NAMES[0]!, 0), StoreIoError, `read ${dir}/${NAMES[0]}`);
    await Deno.mkdir(`${dir}/${NAMES[0]}`);
    assertThrows(() => recoverFile(dir, NAMES[0]!, 0), StoreIoError, `read ${dir}/${NAMES[0]}`);
  });
});

Deno.test("an older file that is gone when all is made durable is an error that may pass", async () => {
  await withStore(async (store, dir) => {
    await Deno.remove(`${dir}/${NAMES[1]}`);
    await assertRejects(() => store.recover(), StoreIoError, NAMES[1]);
  });
});

Deno.test("files taken from under a store are no purge, and no new file hides that", async () => {
  await withStore(async (store, dir) => {
    const next = "binlog.000004";
    const kept: [string, Uint8Array][] = [];
    for (const { name } of [...Deno.readDirSync(dir)]) {
      kept.push([name, await Deno.readFile(`${dir}/${name}`)]);
      await Deno.remove(`${dir}/${name}`);
    }
    await Deno.writeTextFile(`${dir}/${next}`, "");
    await assertRejects(() => store.append(next), StoreIoError, `${NAMES[0]} to ${NAMES[2]}`);
    assertEquals(store.files, NAMES);
    const left = [...Deno.readDirSync(dir)].map(({ name }) => name);
    assertEquals(left, ["binlogd.index.lock"]);
    await assertRejects(() => store.recover(), StoreIoError, NAMES[2]);
    for (const [name, bytes] of kept) await Deno.writeFile(`${dir}/${name}`, bytes);
    await store.recover();
    await store.append(next);
    assertEquals(store.files, [...NAMES, next]);
  });
});

Deno.test("a complete file is synced once in a process, and a hole that has grown is one hole", async () => {
  await withStore(async (store, dir) => {
    const opened: string[] = [];
    const { open } = Deno;
    Deno.open = (path, options) => {
      opened.push(`${path}`);
      return open(path, options);
    };
    try {
      await store.recover();
      await Deno.writeTextFile(`${dir}/binlog.000004`, "");
      await store.append("binlog.000004");
      await store.recover();
    } finally {
      Deno.open = open;
    }
    assertEquals(opened.filter((path) => path.endsWith(NAMES[1]!)), []);
    // The newest one of before, by the recovery while it was that; the sink synced what came after.
    assertEquals(opened.filter((path) => path.endsWith(NAMES[2]!)).length, 1);
    await store.acceptHole("binlog.000007", "purged");
    await store.acceptHole("binlog.000009", "purged");
    assertEquals(store.fileAfterHole, "binlog.000009");
    assertEquals(store.identity.holes.map(({ nextFile }) => nextFile), ["binlog.000009"]);
    const { renameSync } = Deno;
    Deno.renameSync = () => {
      throw Object.assign(new Error("full"), { code: "ENOSPC" });
    };
    try {
      const error = await assertRejects(() => store.acceptHole("binlog.000011", "x"), StoreIoError);
      assertEquals(error.retriable, true);
    } finally {
      Deno.renameSync = renameSync;
    }
    assertEquals(store.fileAfterHole, "binlog.000009");
  });
});

Deno.test("after a sync that failed the next one is believed only behind bytes written again", async () => {
  await withStore(async (store, dir) => {
    const { sync, write } = Deno.FsFile.prototype;
    let failing = 2;
    let written = 0;
    Deno.FsFile.prototype.sync = function () {
      return failing-- > 0 ? Promise.reject(new Error("I/O error")) : sync.call(this);
    };
    Deno.FsFile.prototype.write = function (bytes) {
      written += bytes.length;
      return write.call(this, bytes);
    };
    try {
      await assertRejects(() => store.recover(), StoreIoError, "Cannot sync");
      written = 0;
      await store.recover();
      const { size } = await Deno.stat(`${dir}/${NAMES[2]}`);
      assertEquals(written, size);
      await store.recover();
      assertEquals(written, size);
    } finally {
      Object.assign(Deno.FsFile.prototype, { sync, write });
    }
  });
});
