import { assertEquals, assertStringIncludes } from "@std/assert";
import { newIdentity, writeIdentity } from "../../lib/store/identity.ts";
import { binlogd } from "../_binlogd.ts";
import { FileBuilder } from "../_events.ts";
import { fillDisk } from "../_fill_disk.ts";
import { makeReadOnly } from "../_read_only.ts";
import { withSmallDisk } from "../_small_disk.ts";

async function makeStore(dir: string): Promise<void> {
  const names = [1, 2, 3].map((n) => `b.00000${n}`);
  for (const [i, name] of names.entries()) {
    const bytes = new FileBuilder(name).format().transaction(i + 1).rotate(`b.00000${i + 2}`);
    await Deno.writeFile(`${dir}/${name}`, bytes.bytes());
  }
  await Deno.writeTextFile(`${dir}/b.index`, names.map((name) => `./${name}\n`).join(""));
  await writeIdentity(dir, newIdentity());
}

Deno.test("purge makes room on a full disk, and ends with 6 where it can't write", async () => {
  await withSmallDisk(1, async (dir) => {
    await makeStore(dir);
    // Keeps what it found of the files, which is the room that the purge finds.
    assertEquals((await binlogd(["list", dir])).code, 0);
    fillDisk(`${dir}/other`);
    const purged = await binlogd(["purge", "--dir", dir, "--to", "b.000002"]);
    assertEquals(purged.code, 0, purged.stderr);
    assertStringIncludes(purged.stdout, "removed 1 file, ");
    await makeReadOnly(dir);
    const refused = await binlogd(["purge", "--dir", dir, "--to", "b.000003"]);
    assertEquals(refused.code, 6, refused.stderr);
    assertStringIncludes(refused.stderr, "Read-only file system");
    const kept = await binlogd(["verify", dir]);
    assertStringIncludes(kept.stdout, "2 files", kept.stderr);
  });
});
