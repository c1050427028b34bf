import { assertEquals, assertRejects } from "@std/assert";
import { StoreError, StoreIoError } from "../../lib/errors.ts";
import { indexFileName, readIndexFile, writeIndexFile } from "../../lib/store/index_file.ts";
import { withFolder } from "../_pipeline.ts";

const TESTDATA = new URL("../../testdata/", import.meta.url).pathname;
const SIX = Array.from({ length: 6 }, (_, i) => `binlog.00000${i + 1}`);

for (const kind of ["mysql97", "mariadb1011", "mariadb118"]) {
  Deno.test(`the index that a real server wrote is read and written alike, ${kind}`, async () => {
    const path = `${TESTDATA}${kind}/binlog.index`;
    assertEquals(await readIndexFile(path), SIX);
    await withFolder(async (dir) => {
      await writeIndexFile(dir, SIX);
      const written = await Deno.readTextFile(`${dir}/binlog.index`);
      assertEquals(await Deno.readTextFile(path), written);
    });
  });
}

Deno.test("an index is read with relative and absolute paths, CRLF, and no newline at its end", async () => {
  const names = ["binlog.999999", "binlog.1000000"];
  const texts = [
    "./binlog.999999\n./binlog.1000000\n",
    "./binlog.999999\n./binlog.1000000",
    "/var/lib/mysql/binlog.999999\n/var/lib/mysql/binlog.1000000\n",
    "binlog.999999\r\nbinlog.1000000\r\n",
    ".\\binlog.999999\nC:\\data\\binlog.1000000\n",
    "\n./binlog.999999\n\n./binlog.1000000\n\n",
    "../elsewhere/binlog.999999\n./a/b/c/binlog.1000000\n",
  ];
  await withFolder(async (dir) => {
    for (const text of texts) {
      await Deno.writeTextFile(`${dir}/i`, text);
      assertEquals(await readIndexFile(`${dir}/i`), names, JSON.stringify(text));
    }
    await Deno.writeTextFile(`${dir}/i`, "");
    assertEquals(await readIndexFile(`${dir}/i`), []);
  });
});

Deno.test("an index keeps the order it is given, and is named after its files", async () => {
  await withFolder(async (dir) => {
    const names = ["a.b-c.999999", "a.b-c.1000000", "a.b-c.1000001"];
    await writeIndexFile(dir, names);
    assertEquals(await readIndexFile(`${dir}/${indexFileName("a.b-c")}`), names);
    await writeIndexFile(dir, names.slice(1));
    assertEquals(await readIndexFile(`${dir}/a.b-c.index`), names.slice(1));
    assertEquals([...Deno.readDirSync(dir)].map(({ name }) => name), ["a.b-c.index"]);
  });
});

Deno.test("no index is written for what is no binlog", async () => {
  await withFolder(async (dir) => {
    for (const names of [[], ["binlog.index"], ["binlog.000001", "../binlog.000002"]]) {
      await assertRejects(() => writeIndexFile(dir, names), StoreError, "no binlog name");
    }
    assertEquals([...Deno.readDirSync(dir)], []);
  });
});

Deno.test("an index that can't be read is named", async () => {
  await withFolder(async (dir) => {
    await Deno.symlink("b.index", `${dir}/b.index`);
    const read = () => readIndexFile(`${dir}/b.index`);
    await assertRejects(read, StoreIoError, `Cannot read ${dir}/b.index: Too many`);
  });
});
