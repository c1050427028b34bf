import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { StoreIoError } from "../../lib/errors.ts";
import { openBinlogFolder } from "../../lib/inspect/binlog_folder.ts";
import { repairStore } from "../../lib/inspect/repair_store.ts";
import { newIdentity, writeIdentity } from "../../lib/store/identity.ts";
import { LOCK_FILE } from "../../lib/store/store_lock.ts";
import { FileBuilder } from "../_events.ts";
import { fillDisk } from "../_fill_disk.ts";
import { makeReadOnly } from "../_read_only.ts";
import { withSmallDisk } from "../_small_disk.ts";

const FILE = "b.000001";

/** A store without an index whose newest file ends within an event. Returns the file's size. */
async function makeTornStore(dir: string): Promise<number> {
  const bytes = new FileBuilder(FILE).format().transaction(1).bytes();
  await Deno.writeFile(`${dir}/${FILE}`, bytes.subarray(0, -3));
  await writeIdentity(dir, newIdentity());
  return bytes.length - 3;
}

async function repairError(dir: string): Promise<StoreIoError> {
  const folder = await openBinlogFolder(dir);
  const repair = () => repairStore(folder, folder.series[0]!, new AbortController().signal);
  const error = await assertRejects(repair, StoreIoError);
  assertEquals(error.exitCode, 6);
  assertStringIncludes(error.details.hint!, "then run the command again");
  return error;
}

Deno.test("repair says so where a store can't be written to", async () => {
  await withSmallDisk(1, async (dir) => {
    await makeTornStore(dir);
    await makeReadOnly(dir);
    const { message } = await repairError(dir);
    assertStringIncludes(message, `Cannot lock ${dir}/${LOCK_FILE}: Read-only file system`);
  });
});

Deno.test("repair without room leaves the files as they are", async () => {
  await withSmallDisk(1, async (dir) => {
    const size = await makeTornStore(dir);
    await Deno.writeTextFile(`${dir}/${LOCK_FILE}`, "pid 1\n");
    fillDisk(`${dir}/other`);
    const { message, details } = await repairError(dir);
    assertEquals(message, `Cannot repair ${dir}/b.index: no space left`);
    assertStringIncludes(details.hint!, "make room");
    assertEquals((await Deno.stat(`${dir}/${FILE}`)).size, size);
  });
});
