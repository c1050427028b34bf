/** What recovery does with a newest file that does not begin as a binlog file. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { BINLOG_MAGIC } from "../../lib/binlog/event_header.ts";
import { StoreError } from "../../lib/errors.ts";
import { Logger } from "../../lib/log.ts";
import { Store } from "../../lib/store/store.ts";
import { withFolder } from "../_pipeline.ts";

const TESTDATA = new URL("../../testdata/mysql97/", import.meta.url).pathname;
const NAME = "binlog.000001";
const log = new Logger({ write: () => {} });

Deno.test("a newest file that is encrypted, or of another kind, is never cut", async () => {
  const whole = await Deno.readFile(`${TESTDATA}${NAME}`);
  for (let at = 0; at < 4; at++) {
    await withFolder(async (dir) => {
      const path = `${dir}/${NAME}`;
      const changed = whole.slice();
      changed[at]! ^= 0x03; // at 0 this is the magic of an encrypted file
      await Deno.writeFile(path, changed);
      const error = await assertRejects(() => Store.open({ dir, log }), StoreError, path);
      assertEquals(error.details.position, 0);
      assertStringIncludes(error.message, at === 0 ? "encrypted" : "no binlog file");
      assertEquals(await Deno.readFile(path), changed);
    });
  }
});

Deno.test("a newest file of a few bytes is begun anew only where they begin as a binlog does", async () => {
  for (const text of ["", "\xfe", "\xfeb", "\xfebi", "\0\0"]) {
    await withFolder(async (dir) => {
      await Deno.writeFile(`${dir}/${NAME}`, Uint8Array.from(text, (c) => c.charCodeAt(0)));
      const store = await Store.open({ dir, log });
      store.close();
      assertEquals(await Deno.readFile(`${dir}/${NAME}`), BINLOG_MAGIC);
    });
  }
  for (const text of ["x", "hi", "\xfei", "bin", "\xfebn", "\0b"]) {
    await withFolder(async (dir) => {
      const path = `${dir}/${NAME}`;
      const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
      await Deno.writeFile(path, bytes);
      const error = await assertRejects(() => Store.open({ dir, log }), StoreError, path);
      assertStringIncludes(error.message, "no binlog file");
      assertEquals(await Deno.readFile(path), bytes);
    });
  }
});

Deno.test("a newest file of zeros, as a power cut leaves it, begins anew", async () => {
  for (const size of [4, 5, 500]) {
    await withFolder(async (dir) => {
      await Deno.writeFile(`${dir}/${NAME}`, new Uint8Array(size));
      const store = await Store.open({ dir, log });
      assertEquals([store.last?.eventEnd, store.last?.transactionEnd], [4, 4]);
      store.close();
      assertEquals(await Deno.readFile(`${dir}/${NAME}`), BINLOG_MAGIC);
    });
  }
});

Deno.test("zeros where a file was durable are damage", async () => {
  await withFolder(async (dir) => {
    const path = `${dir}/${NAME}`;
    await Deno.copyFile(`${TESTDATA}${NAME}`, path);
    const store = await Store.open({ dir, log });
    await store.recordState();
    store.close();
    const { size } = await Deno.stat(path);
    await Deno.writeFile(path, new Uint8Array(size));
    await assertRejects(() => Store.open({ dir, log }), StoreError, `damaged below ${size}`);
    assertEquals((await Deno.stat(path)).size, size);
  });
});
