/** Folders as crashes and people leave them, and what opening a store makes of them. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { StoreError } from "../../lib/errors.ts";
import { Logger } from "../../lib/log.ts";
import { readIdentity } from "../../lib/store/identity.ts";
import { Store } from "../../lib/store/store.ts";
import { FileBuilder } from "../_events.ts";
import { withFolder } from "../_pipeline.ts";

async function write(dir: string, ...names: string[]): Promise<void> {
  for (const name of names) {
    await Deno.writeFile(`${dir}/${name}`, new FileBuilder(name).format().transaction(1).bytes());
  }
}

/** Opens and closes a store; its files and what was logged. */
async function open(dir: string): Promise<{ files: readonly string[]; lines: string[] }> {
  const lines: string[] = [];
  const store = await Store.open({ dir, log: new Logger({ write: (line) => lines.push(line) }) });
  store.close();
  return { files: store.files, lines };
}

function index(dir: string, text?: string): Promise<string | void> {
  return text === undefined
    ? Deno.readTextFile(`${dir}/b.index`)
    : Deno.writeTextFile(`${dir}/b.index`, text);
}

Deno.test("files without an index are taken in the order of their numbers", async () => {
  await withFolder(async (dir) => {
    const names = ["b.000009", "b.000010", "b.999999", "b.1000000", "b.1000001"];
    await write(dir, ...[...names].reverse());
    assertEquals((await open(dir)).files, names);
    assertEquals(await index(dir), names.map((name) => `./${name}\n`).join(""));
  });
});

Deno.test("a newer file that the index lacks is added to it, one in between is refused", async () => {
  await withFolder(async (dir) => {
    await write(dir, "b.000001", "b.000003", "b.000004");
    await index(dir, "./b.000001\n./b.000003\n");
    const { files, lines } = await open(dir);
    assertEquals(files, ["b.000001", "b.000003", "b.000004"]);
    assertStringIncludes(lines.join(), "files=b.000004");
    await write(dir, "b.000002");
    const error = await assertRejects(() => open(dir), StoreError, "b.000002");
    assertEquals(error.details.file, `${dir}/b.000002`);
    // Refused, the store is not left locked, and goes on once the file is gone.
    await Deno.remove(`${dir}/b.000002`);
    assertEquals((await open(dir)).files, files);
  });
});

Deno.test("an index of absolute paths, with a name twice and CRLF, is that of the folder", async () => {
  await withFolder(async (dir) => {
    await write(dir, "b.000001", "b.000002");
    await index(dir, "/var/lib/mysql/b.000001\r\n./b.000002\r\nb.000001\r\n./b.000002");
    assertEquals((await open(dir)).files, ["b.000001", "b.000002"]);
  });
});

Deno.test("a store with an index of another name, as a server may have, gets one of its own", async () => {
  await withFolder(async (dir) => {
    await write(dir, "b.000001", "b.000002");
    await Deno.writeTextFile(`${dir}/all.index`, "./b.000001\n./b.000002\n");
    const store = await Store.open({ dir, log: new Logger({ write: () => {} }) });
    await write(dir, "b.000003");
    await store.append("b.000003");
    store.close();
    assertEquals((await open(dir)).files, ["b.000001", "b.000002", "b.000003"]);
    assertEquals(await index(dir), "./b.000001\n./b.000002\n./b.000003\n");
  });
});

Deno.test("a file that the index names and the folder lacks is told, and nothing is changed", async () => {
  for (const line of ["b.000002", "b.000003", "binlogd.lock", "..", "b.000001.tmp"]) {
    await withFolder(async (dir) => {
      await write(dir, "b.000001");
      const text = `./b.000001\n./${line}\n`;
      await index(dir, text);
      await assertRejects(() => open(dir), StoreError, line);
      assertEquals(await index(dir), text);
    });
  }
});

Deno.test("what a crash left beside the files is no binlog and does no harm", async () => {
  await withFolder(async (dir) => {
    await write(dir, "b.000001");
    const { files } = await open(dir);
    const text = await index(dir);
    for (const name of ["b.index", "binlogd.identity.json", "binlogd.state.json", "b.000001"]) {
      await Deno.writeTextFile(`${dir}/${name}.tmp`, "./half of a l");
    }
    await Deno.mkdir(`${dir}/b.000002`);
    const again = await open(dir);
    assertEquals([again.files, again.lines], [files, []]);
    assertEquals(await index(dir), text);
  });
});

Deno.test("an event cut in an older file is not touched: only the newest is anybody's to cut", async () => {
  await withFolder(async (dir) => {
    await write(dir, "b.000001", "b.000002");
    const { size } = await Deno.stat(`${dir}/b.000001`);
    for (const name of ["b.000001", "b.000002"]) await Deno.truncate(`${dir}/${name}`, size - 5);
    const { lines } = await open(dir);
    assertEquals((await Deno.stat(`${dir}/b.000001`)).size, size - 5);
    const xid = 19 + 8 + 4;
    assertEquals((await Deno.stat(`${dir}/b.000002`)).size, size - xid);
    assertEquals(lines.length, 2, "the new index, and the cut");
    assertStringIncludes(lines[1]!, `file=b.000002 from=${size - xid} to=${size - 5} bytes=26`);
  });
});

Deno.test("a server_id that is asked for stays with the store once a source has sent under it", async () => {
  await withFolder(async (dir) => {
    const log = new Logger({ write: () => {} });
    const idOf = async (serverId?: number, record = false): Promise<number> => {
      const store = await Store.open({ dir, log, ...(serverId === undefined ? {} : { serverId }) });
      if (record) await store.recordState();
      store.close();
      // A serve beside the dump goes by what the file says.
      assertEquals((await readIdentity(dir))!.serverId, store.identity.serverId);
      return store.identity.serverId;
    };
    assertEquals(await idOf(1), 1);
    const random = await idOf();
    assertEquals(random >= 2 ** 31, true);
    await write(dir, "b.000001");
    assertEquals([await idOf(1), await idOf(), await idOf()], [1, random, random]);
    assertEquals([await idOf(7, true), await idOf(), await idOf(1), await idOf()], [7, 7, 1, 7]);
  });
});
