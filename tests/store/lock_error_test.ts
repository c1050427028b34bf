import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { StoreIoError } from "../../lib/errors.ts";
import { Logger } from "../../lib/log.ts";
import { lockError } from "../../lib/store/lock_error.ts";
import { Store } from "../../lib/store/store.ts";
import { LOCK_FILE, StoreLock } from "../../lib/store/store_lock.ts";
import { withFolder } from "../_pipeline.ts";

/** Runs `work` on a file system whose locks fail as the kernel says it. */
async function withLockFailure(message: string, work: () => Promise<void>): Promise<void> {
  const proto = Deno.FsFile.prototype as unknown as Record<string, unknown>;
  const names = ["lock", "tryLock", "tryLockSync"].filter((name) => name in proto);
  const before = names.map((name) => proto[name]);
  for (const name of names) {
    proto[name] = (): Promise<never> => {
      if (name.endsWith("Sync")) throw new Error(message);
      return Promise.reject(new Error(message));
    };
  }
  try {
    await work();
  } finally {
    for (const [i, name] of names.entries()) proto[name] = before[i];
  }
}

Deno.test("a store where the file system has no locks is refused, with file and a way out", async () => {
  await withFolder(async (dir) => {
    const path = `${dir}/${LOCK_FILE}`;
    (await StoreLock.take(dir)).release();
    const log = new Logger({ write: () => {} });
    const steps: (() => Promise<unknown>)[] = [
      () => StoreLock.take(dir),
      () => StoreLock.isHeld(dir),
      () => StoreLock.look(dir),
      () => Store.open({ dir, log }),
    ];
    for (
      const reason of [
        "No locks available (os error 37)",
        "Function not implemented (os error 38)",
        "Operation not supported (os error 95)",
      ]
    ) {
      await withLockFailure(reason, async () => {
        for (const step of steps) {
          const error = await assertRejects(step, StoreIoError, `Cannot lock ${path}: ${reason}`);
          assertEquals([error.exitCode, error.details.file], [6, path]);
          assertStringIncludes(error.details.hint!, "has no locks; put the store on one that has");
        }
      });
    }
  });
});

Deno.test("another refusal has no such hint, and what is none stays as it is", () => {
  const refused = lockError("/s/l", new Error("Input/output error (os error 5)")) as StoreIoError;
  assertEquals(refused.details.hint, "see that the folder is there and can be written");
  const bug = new TypeError("not a function");
  assertEquals(lockError("/s/l", bug), bug);
});
