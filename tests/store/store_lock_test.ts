import { assert, assertEquals, assertRejects } from "@std/assert";
import { StoreError } from "../../lib/errors.ts";
import { LOCK_FILE, StoreLock, tryLock } from "../../lib/store/store_lock.ts";
import { unlock } from "../../lib/store/unlock.ts";
import { waitUntil } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";

Deno.test("whether a store is locked can be asked without taking or leaving a lock", async () => {
  await withFolder(async (dir) => {
    assertEquals(await StoreLock.isHeld(dir), false);
    assertEquals([...Deno.readDirSync(dir)], []);
    const lock = await StoreLock.take(dir);
    assertEquals(await StoreLock.isHeld(dir), true);
    assertEquals(await Deno.readTextFile(`${dir}/${LOCK_FILE}`), `pid ${Deno.pid}\n`);
    await assertRejects(() => StoreLock.take(dir), StoreError, `pid ${Deno.pid}`);
    lock.release();
    assertEquals(await StoreLock.isHeld(dir), false);
    // The file stays; that it is there means nothing.
    assert((await Deno.stat(`${dir}/${LOCK_FILE}`)).isFile);
    (await StoreLock.take(dir)).release();
  });
});

Deno.test("a lock that is released is free, whatever child is just being started", async () => {
  const source = `
    for (;; await new Promise((resolve) => setTimeout(resolve))) {
      new Deno.Command("true").outputSync();
      postMessage("started");
    }`;
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const worker = new Worker(url, { type: "module" });
  let children = 0;
  worker.onmessage = () => children++;
  await waitUntil(() => children > 0);
  await withFolder(async (dir) => {
    for (let round = 0; children < 200; round++) {
      (await StoreLock.take(dir)).release();
      assertEquals(await StoreLock.isHeld(dir), false, `round ${round}`);
    }
  });
  worker.terminate();
  URL.revokeObjectURL(url);
});

Deno.test("of two that look at a time neither takes the other for a dump", async () => {
  await withFolder(async (dir) => {
    (await StoreLock.take(dir)).release();
    const looking = await Deno.open(`${dir}/${LOCK_FILE}`);
    await looking.lock(false);
    assertEquals(await StoreLock.isHeld(dir), false);
    unlock(looking);
  });
});

Deno.test("a lock that somebody only looks at can be taken", async () => {
  await withFolder(async (dir) => {
    (await StoreLock.take(dir)).release();
    const looking = await Deno.open(`${dir}/${LOCK_FILE}`);
    assert(await tryLock(looking));
    // As long as one who is held up on a busy machine may take.
    setTimeout(() => unlock(looking), 200);
    (await StoreLock.take(dir)).release();
  });
});

Deno.test("a lock file that is longer than a process id leaves nothing of it", async () => {
  await withFolder(async (dir) => {
    await Deno.writeTextFile(`${dir}/${LOCK_FILE}`, "pid 123456789012345678901234567890\n");
    const lock = await StoreLock.take(dir);
    assertEquals(await Deno.readTextFile(`${dir}/${LOCK_FILE}`), `pid ${Deno.pid}\n`);
    lock.release();
  });
});

Deno.test("where a lock can't be tried, one wait at a time stands behind it, however often one looks", async () => {
  const { tryLock: original } = Deno.FsFile.prototype;
  await withFolder(async (dir) => {
    const open = (): number =>
      [...Deno.readDirSync("/proc/self/fd")].filter(({ name }) => {
        try {
          return Deno.readLinkSync(`/proc/self/fd/${name}`).startsWith(dir);
        } catch {
          return false; // the listing's own
        }
      }).length;
    Object.assign(Deno.FsFile.prototype, { tryLock: undefined });
    try {
      const lock = await StoreLock.take(dir);
      assertEquals(await StoreLock.isHeld(dir), true);
      const first = open();
      for (let looks = 0; looks < 40; looks++) assertEquals(await StoreLock.isHeld(dir), true);
      assertEquals(open(), first);
      await assertRejects(() => StoreLock.take(dir), StoreError, `pid ${Deno.pid}`);
      lock.release();
      await waitUntil(async () => !await StoreLock.isHeld(dir));
      await waitUntil(() => open() === 0);
      const again = await StoreLock.take(dir);
      assertEquals(await StoreLock.isHeld(dir), true);
      again.release();
      await waitUntil(() => open() === 0);
    } finally {
      Object.assign(Deno.FsFile.prototype, { tryLock: original });
    }
  });
});
