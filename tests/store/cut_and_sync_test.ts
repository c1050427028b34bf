import { assertEquals, assertRejects } from "@std/assert";
import { StoreIoError } from "../../lib/errors.ts";
import { cutAndSync } from "../../lib/store/cut_and_sync.ts";
import { withFolder } from "../_pipeline.ts";

const NAME = "binlog.000001";

/** Runs with a disk on which the next `failing` syncs fail; returns what was written meanwhile. */
async function withFailingSyncs(failing: number, work: () => Promise<void>): Promise<number> {
  const { sync, write } = Deno.FsFile.prototype;
  let written = 0;
  Deno.FsFile.prototype.write = function (bytes) {
    written += bytes.length;
    return write.call(this, bytes);
  };
  Deno.FsFile.prototype.sync = function () {
    if (--failing < 0) return sync.call(this);
    return Promise.reject(new Error("Input/output error (os error 5)"));
  };
  try {
    await work();
    return written;
  } finally {
    Object.assign(Deno.FsFile.prototype, { sync, write });
  }
}

async function writeFile(dir: string, size: number): Promise<void> {
  await Deno.writeFile(`${dir}/${NAME}`, new Uint8Array(size));
}

Deno.test("a file is cut behind what is whole, and begun anew when its magic is cut", async () => {
  await withFolder(async (dir) => {
    await writeFile(dir, 1000);
    await cutAndSync(dir, NAME, { size: 700, durable: 0 });
    assertEquals((await Deno.stat(`${dir}/${NAME}`)).size, 700);
    await cutAndSync(dir, NAME, { durable: 0 });
    assertEquals((await Deno.stat(`${dir}/${NAME}`)).size, 700);
    await cutAndSync(dir, NAME, { size: 3, durable: 0 });
    assertEquals(await Deno.readFile(`${dir}/${NAME}`), Uint8Array.of(0xfe, 0x62, 0x69, 0x6e));
  });
});

Deno.test("after a sync that failed what was not known to be durable is written again", async () => {
  await withFolder(async (dir) => {
    const path = `${dir}/${NAME}`;
    const bytes = crypto.getRandomValues(new Uint8Array(50_000));
    for (const durable of [0, 400]) {
      await Deno.writeFile(path, bytes);
      const written = await withFailingSyncs(
        1,
        () => cutAndSync(dir, NAME, { size: 40_000, durable }),
      );
      assertEquals(written, 40_000 - durable);
      assertEquals(await Deno.readFile(path), bytes.slice(0, 40_000));
    }
    // A file that is whole as it is; and one of which a sync failed before, whatever this one says.
    assertEquals(await withFailingSyncs(1, () => cutAndSync(dir, NAME, { durable: 0 })), 40_000);
    const again = { durable: 30_000, failed: true };
    assertEquals(await withFailingSyncs(0, () => cutAndSync(dir, NAME, again)), 10_000);
    assertEquals(await withFailingSyncs(0, () => cutAndSync(dir, NAME, { durable: 0 })), 0);
    assertEquals(await Deno.readFile(path), bytes.slice(0, 40_000));
  });
});

Deno.test("a sync that goes on failing is an error that may pass, and cuts nothing", async () => {
  await withFolder(async (dir) => {
    for (
      const options of [{ size: 1000, durable: 400 }, { size: 1000, durable: 0 }, { durable: 500 }]
    ) {
      await writeFile(dir, 1000);
      await withFailingSyncs(2, async () => {
        const error = await assertRejects(() => cutAndSync(dir, NAME, options), StoreIoError);
        assertEquals([error.retriable, error.details.position], [true, options.durable]);
      });
      assertEquals((await Deno.stat(`${dir}/${NAME}`)).size, 1000);
    }
  });
});
