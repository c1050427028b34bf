import { assertEquals, assertRejects } from "@std/assert";
import { Logger } from "../../lib/log.ts";
import { StoreError } from "../../lib/errors.ts";
import { Store } from "../../lib/store/store.ts";
import { withFolder } from "../_pipeline.ts";

const SAMPLE = new URL("../../testdata/mysql97/binlog.000001", import.meta.url);
const FLAGS = 21;
const log = new Logger({ write: () => {} });

/** A folder with a server's file, as closed or as being written. */
async function makeFolder(dir: string, inUse: boolean): Promise<Uint8Array> {
  const bytes = await Deno.readFile(SAMPLE);
  bytes[FLAGS] = inUse ? bytes[FLAGS]! | 1 : bytes[FLAGS]! & ~1;
  await Deno.writeFile(`${dir}/binlog.000001`, bytes);
  return bytes;
}

Deno.test("a folder that a server writes in is refused and left as it is, by --new-era too", async () => {
  for (const newEra of [undefined, "--new-era"]) {
    await withFolder(async (dir) => {
      const bytes = await makeFolder(dir, true);
      const error = await assertRejects(
        () => Store.open({ dir, log, ...(newEra ? { newEra } : {}) }),
        StoreError,
        "marked as in use",
      );
      assertEquals(error.details.position, FLAGS);
      const left = [...Deno.readDirSync(dir)].map(({ name }) => name);
      assertEquals(left, ["binlog.000001"]);
      assertEquals(await Deno.readFile(`${dir}/binlog.000001`), bytes);
    });
  }
});

Deno.test("a server's file is found beside others with higher numbers", async () => {
  for (const name of ["mysql-bin.000150", "db-relay-bin.000005", "binlog.000000"]) {
    await withFolder(async (dir) => {
      await makeFolder(dir, true);
      const closed = await Deno.readFile(SAMPLE);
      closed[FLAGS]! &= ~1;
      await Deno.writeFile(`${dir}/${name}`, closed);
      await assertRejects(() => Store.open({ dir, log }), StoreError, "marked as in use", name);
    });
  }
});

Deno.test("files that were fetched by another tool are taken over, whatever they are called", async () => {
  await withFolder(async (dir) => {
    await makeFolder(dir, false);
    const store = await Store.open({ dir, log });
    assertEquals(store.files, ["binlog.000001"]);
    store.close();
    // From now on it is a store, and a mark in a file is for others to judge.
    await makeFolder(dir, true);
    (await Store.open({ dir, log })).close();
  });
});
