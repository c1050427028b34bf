/** What opening a store makes of files that its index does not name. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { StoreError } from "../../lib/errors.ts";
import { Logger } from "../../lib/log.ts";
import { Store } from "../../lib/store/store.ts";
import { withFolder } from "../_pipeline.ts";
import { writeAged } from "./_write_aged.ts";

const MAGIC = Uint8Array.of(0xfe, 0x62, 0x69, 0x6e);
/** Begun one after the other: log_bin was changed, and changed back. */
const FILES = ["b.000009", "b.000010", "b.000011", "c.000001", "c.000002", "b.000012"];

/** Runs with a store of these files, listed so far. */
async function withStore(
  listed: string | string[],
  work: (dir: string) => Promise<void>,
  files = FILES,
): Promise<void> {
  await withFolder(async (dir) => {
    for (const name of files) {
      await writeAged(dir, name, { time: 100 * (1 + FILES.indexOf(name)) });
    }
    const text = typeof listed === "string" ? listed : listed.map((name) => `./${name}\n`).join("");
    const newest = text.trimEnd().split("./").pop()!.split(".")[0]!;
    if (text !== "") await Deno.writeTextFile(`${dir}/${newest}.index`, text);
    await work(dir);
  });
}

/** Opens and closes a store; its files, what was logged, and what its index says then. */
async function open(
  dir: string,
): Promise<{ files: readonly string[]; log: string; index: string }> {
  const lines: string[] = [];
  const store = await Store.open({ dir, log: new Logger({ write: (line) => lines.push(line) }) });
  store.close();
  const base = store.files[store.files.length - 1]!.split(".")[0];
  const index = await Deno.readTextFile(`${dir}/${base}.index`);
  assertEquals(index, store.files.map((name) => `./${name}\n`).join(""));
  return { files: store.files, log: lines.join(""), index };
}

Deno.test("an index that is lost is made again in the order of time", async () => {
  await withStore("", async (dir) => {
    assertEquals((await open(dir)).files, FILES);
  });
  const newest = FILES.slice(0, 5);
  await withStore("", async (dir) => {
    assertEquals((await open(dir)).files, newest);
  }, newest);
});

Deno.test("what an interrupted purge left is told and left, and stops nothing", async () => {
  for (const count of [1, 2, 3, 4, 5]) {
    await withStore(FILES.slice(count), async (dir) => {
      for (let i = 0; i < 2; i++) {
        const { files, log } = await open(dir);
        assertEquals(files, FILES.slice(count));
        assertStringIncludes(log, `files=${FILES.slice(0, count).join(",")}`);
        assertStringIncludes(log, `purge --dir ${dir} --to ${FILES[count]}`);
      }
      for (const name of FILES) assert(await Deno.stat(`${dir}/${name}`));
    });
  }
});

Deno.test("newer files of any base are added to the index", async () => {
  for (const count of [1, 2, 3, 4, 5]) {
    await withStore(FILES.slice(0, count), async (dir) => {
      const { files, log } = await open(dir);
      assertEquals(files, FILES);
      assertStringIncludes(log, `files=${FILES.slice(count).join(",")}`);
      assertEquals((await open(dir)).log, "");
    });
  }
});

Deno.test("a file between those of the index, or of no known age, is refused", async () => {
  await withStore(FILES.filter((name) => name !== "c.000001"), async (dir) => {
    const error = await assertRejects(() => open(dir), StoreError, "not in its index");
    assertEquals(error.details.file, `${dir}/c.000001`);
    await Deno.remove(`${dir}/c.000001`);
    await open(dir);
    await Deno.writeTextFile(`${dir}/x.000001`, "not a binlog");
    const index = await Deno.readTextFile(`${dir}/b.index`);
    await assertRejects(() => open(dir), StoreError, "x.000001");
    assertEquals(await Deno.readTextFile(`${dir}/b.index`), index);
  });
});

Deno.test("a file with no event is taken as the newest, else taken away", async () => {
  for (const size of [0, 3, 4]) {
    const begun = async (dir: string, name: string): Promise<string> => {
      await Deno.writeFile(`${dir}/${name}`, MAGIC.subarray(0, size));
      return (await open(dir)).log;
    };
    const five = FILES.slice(0, 5);
    await withStore(five, async (dir) => {
      // log_bin was changed back, and its first file begun in the moment of a crash.
      assertStringIncludes(await begun(dir, "b.000012"), "hold nothing");
      await assertRejects(() => Deno.stat(`${dir}/b.000012`), Deno.errors.NotFound);
      assertStringIncludes(await begun(dir, "b.000008"), "hold nothing");
      assertStringIncludes(await begun(dir, "d.000001"), "hold nothing");
      assertEquals((await open(dir)).files, five);
      assertStringIncludes(await begun(dir, "c.000003"), "added files");
      assertEquals((await open(dir)).files, [...five, "c.000003"]);
    }, five);
  }
  await withFolder(async (dir) => {
    await Deno.writeFile(`${dir}/b.000001`, MAGIC);
    assertEquals((await open(dir)).files, ["b.000001"]);
  });
});

Deno.test("the cut last line of an index is left out, and its file taken as not listed", async () => {
  for (const line of ["./b.00001", "./b", "./c.00000", ".", "/var/lib/b."]) {
    const listed = FILES.slice(0, 2).map((name) => `./${name}\n`).join("") + line;
    await withStore(listed, async (dir) => {
      const { files, log } = await open(dir);
      assertEquals(files, FILES);
      assertStringIncludes(log, "cut last line of the index");
      assertEquals((await open(dir)).log, "");
    });
  }
  // With nothing to add it is left out all the same.
  await withStore("./b.000009\n./b.00001", async (dir) => {
    assertStringIncludes((await open(dir)).log, "cut last line");
    assertEquals((await open(dir)).log, "");
  }, FILES.slice(0, 1));
});

Deno.test("a small file that no source has begun is nobody's to take away", async () => {
  for (const [name, text] of [["counter.20261128", "12\n"], ["notes.000002", "ab\n"]] as const) {
    await withStore(FILES, async (dir) => {
      await Deno.writeTextFile(`${dir}/${name}`, text);
      await assertRejects(() => open(dir), StoreError, name);
      assertEquals(await Deno.readTextFile(`${dir}/${name}`), text);
    });
  }
});

Deno.test("a file that held no event and is gone is no loss", async () => {
  await withStore(FILES, async (dir) => {
    const state = { format: 1, file: "d.000001", durable: 4, time: "2026-11-28T00:00:00.000Z" };
    await Deno.writeTextFile(`${dir}/binlogd.state.json`, JSON.stringify(state));
    assertEquals((await open(dir)).files, FILES);
  });
});
