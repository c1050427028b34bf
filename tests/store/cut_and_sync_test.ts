import { assertEquals, assertRejects } from "@std/assert";
import { StoreError, StoreIoError } from "../../lib/errors.ts";
import { cutAndSync } from "../../lib/store/cut_and_sync.ts";
import { withFolder } from "../_pipeline.ts";

const NAME = "binlog.000001";

/** Runs with a disk whose next sync fails. */
async function withFailingSync(work: () => Promise<void>): Promise<void> {
  const sync = Deno.FsFile.prototype.sync;
  Deno.FsFile.prototype.sync = () => {
    Deno.FsFile.prototype.sync = sync;
    return Promise.reject(new Error("Input/output error (os error 5)"));
  };
  try {
    await work();
  } finally {
    Deno.FsFile.prototype.sync = sync;
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

Deno.test("after a sync that fails only what was durable before is kept", async () => {
  await withFolder(async (dir) => {
    await writeFile(dir, 1000);
    await withFailingSync(async () => {
      const error = await assertRejects(
        () => cutAndSync(dir, NAME, { size: 900, durable: 400 }),
        StoreIoError,
        "Cannot sync",
      );
      assertEquals([error.retriable, error.details.position], [true, 400]);
    });
    assertEquals((await Deno.stat(`${dir}/${NAME}`)).size, 400);
  });
});

Deno.test("where nothing is known to be durable nothing is cut, and nothing tried again", async () => {
  await withFolder(async (dir) => {
    await writeFile(dir, 1000);
    for (const options of [{ size: 1000, durable: 0 }, { durable: 500 }]) {
      await withFailingSync(async () => {
        const error = await assertRejects(() => cutAndSync(dir, NAME, options), StoreError);
        assertEquals(error.retriable, false);
      });
      assertEquals((await Deno.stat(`${dir}/${NAME}`)).size, 1000);
    }
  });
});
