import { assertEquals, assertRejects } from "@std/assert";
import { purgeServed } from "../../lib/cli/purge_served.ts";
import { StoreError, StoreIoError } from "../../lib/errors.ts";
import { listBinlogFiles } from "../../lib/server/binlog_listing.ts";
import { CLOSE_HOOK_FILE } from "../../lib/store/close_hook.ts";
import { IDENTITY_FILE, newIdentity, writeIdentity } from "../../lib/store/identity.ts";
import { StoreLock } from "../../lib/store/store_lock.ts";
import { withFolder } from "../_pipeline.ts";
import { makeReadOnly } from "../_read_only.ts";
import { withSmallDisk } from "../_small_disk.ts";

async function writeFiles(dir: string): Promise<void> {
  await writeIdentity(dir, newIdentity());
  for (const n of [1, 2, 3, 4]) {
    await Deno.writeFile(`${dir}/binlog.00000${n}`, Uint8Array.of(0xfe, 0x62, 0x69, 0x6e));
  }
}

Deno.test("PURGE by a client leaves files that --on-close has not run for", async () => {
  await withFolder(async (dir) => {
    await writeFiles(dir);
    await Deno.writeTextFile(`${dir}/${CLOSE_HOOK_FILE}`, '{"last":"binlog.000002"}');
    await assertRejects(() => purgeServed(dir, "binlog.000004"), StoreError, "binlog.000003");
    assertEquals((await listBinlogFiles(dir)).length, 4);
    await purgeServed(dir, "binlog.000003");
    assertEquals(await listBinlogFiles(dir), ["binlog.000003", "binlog.000004"]);
    await Deno.remove(`${dir}/${CLOSE_HOOK_FILE}`);
    await purgeServed(dir, "binlog.000004");
    assertEquals(await listBinlogFiles(dir), ["binlog.000004"]);
  });
});

Deno.test("PURGE by a client is told what the operating system refuses", async () => {
  await withSmallDisk(1, async (dir) => {
    await writeFiles(dir);
    await makeReadOnly(dir);
    await assertRejects(() => purgeServed(dir, "binlog.000003"), StoreIoError, "Read-only");
    assertEquals((await listBinlogFiles(dir)).length, 4);
  });
});

Deno.test("PURGE by a client removes nothing where no dump has written, such as a server's folder", async () => {
  await withFolder(async (dir) => {
    await writeFiles(dir);
    await Deno.remove(`${dir}/${IDENTITY_FILE}`);
    // What a client's commands may have left there.
    for (const name of ["binlogd.index.lock", "binlogd.users.toml"]) {
      await Deno.writeTextFile(`${dir}/${name}`, "");
    }
    const before = [...Deno.readDirSync(dir)].length;
    await assertRejects(() => purgeServed(dir, "binlog.000003"), StoreError, "no store");
    assertEquals([...Deno.readDirSync(dir)].length, before);
  });
});

Deno.test("PURGE by a client leaves the two newest files while a dump is at work", async () => {
  await withFolder(async (dir) => {
    await writeFiles(dir);
    const lock = await StoreLock.take(dir);
    await purgeServed(dir, "binlog.000004");
    assertEquals(await listBinlogFiles(dir), ["binlog.000003", "binlog.000004"]);
    lock.release();
    await purgeServed(dir, "binlog.000004");
    assertEquals(await listBinlogFiles(dir), ["binlog.000004"]);
  });
});
