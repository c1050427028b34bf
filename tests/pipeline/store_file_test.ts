import { assertEquals, assertThrows } from "@std/assert";
import { BINLOG_MAGIC } from "../../lib/binlog/event_header.ts";
import { StoreIoError } from "../../lib/errors.ts";
import { StoreFile } from "../../lib/pipeline/store_file.ts";
import { withFolder } from "../_pipeline.ts";

const NAME = "binlog.000001";

Deno.test("a file that can't be begun leaves nothing, and what begins one is taken over", async () => {
  await withFolder(async (dir) => {
    const path = `${dir}/${NAME}`;
    const { writeSync } = Deno.FsFile.prototype;
    Deno.FsFile.prototype.writeSync = () => {
      throw new Error("No space left on device (os error 28)");
    };
    try {
      assertThrows(() => StoreFile.create(dir, NAME), StoreIoError, "no space left");
    } finally {
      Deno.FsFile.prototype.writeSync = writeSync;
    }
    assertEquals([...Deno.readDirSync(dir)], []);
    for (let size = 0; size <= BINLOG_MAGIC.length; size++) {
      await Deno.writeFile(path, BINLOG_MAGIC.subarray(0, size));
      StoreFile.create(dir, NAME).close();
      assertEquals(await Deno.readFile(path), BINLOG_MAGIC);
    }
    for (const bytes of [Uint8Array.of(...BINLOG_MAGIC, 0), Uint8Array.of(1)]) {
      await Deno.writeFile(path, bytes);
      assertThrows(() => StoreFile.create(dir, NAME), StoreIoError, "File exists");
      assertEquals(await Deno.readFile(path), bytes);
    }
  });
});

Deno.test("a file that a link has taken the place of is neither cut nor compared with", async () => {
  await withFolder(async (dir) => {
    const [other, path] = [`${dir}/other`, `${dir}/b.000001`];
    await Deno.writeFile(other, new Uint8Array(100).fill(7));
    await Deno.symlink(other, path);
    const resume = () => StoreFile.resume(dir, "b.000001", 50, 40);
    assertThrows(resume, StoreIoError, "leads elsewhere");
    assertEquals((await Deno.stat(other)).size, 100);
    await Deno.remove(path);
    await Deno.writeFile(path, new Uint8Array(60).fill(7));
    const file = resume();
    assertEquals((await Deno.stat(path)).size, 50);
    await Deno.rename(path, `${dir}/away`);
    await Deno.symlink(other, path);
    assertThrows(() => file.append(new Uint8Array(10).fill(7)), StoreIoError, "leads elsewhere");
    file.close();
  });
});
