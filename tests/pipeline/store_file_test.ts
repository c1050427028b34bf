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
