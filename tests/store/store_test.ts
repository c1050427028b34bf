import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { LostBytesError, StoreError } from "../../lib/errors.ts";
import { Logger } from "../../lib/log.ts";
import { parseBinlogFileName } from "../../lib/store/file_name.ts";
import { readIndexFile, writeIndexFile } from "../../lib/store/index_file.ts";
import { Store } from "../../lib/store/store.ts";
import { StoreLock } from "../../lib/store/store_lock.ts";
import { readState } from "../../lib/store/store_state.ts";
import { writeFileAtomic } from "../../lib/store/write_file_atomic.ts";
import { withFolder } from "../_pipeline.ts";

const TESTDATA = new URL("../../testdata/mysql97/", import.meta.url).pathname;
const LIB = new URL("../../lib/", import.meta.url).pathname;
const log = new Logger({ write: () => {} });

async function copyFiles(dir: string, count: number): Promise<void> {
  for (let i = 1; i <= count; i++) {
    await Deno.copyFile(`${TESTDATA}binlog.00000${i}`, `${dir}/binlog.00000${i}`);
  }
}

Deno.test("a file name of a source is a plain name with six or more digits", () => {
  assertEquals(parseBinlogFileName("binlog.000007"), { base: "binlog", sequence: 7 });
  assertEquals(parseBinlogFileName("a.b-1.1000000"), { base: "a.b-1", sequence: 1_000_000 });
  for (
    const name of [
      "binlog.00001",
      "binlog.00000x",
      "../binlog.000001",
      "a/b.000001",
      "a\\b.000001",
      ".000001",
      "binlogd.000001",
      "binlogd-x.000001",
      ".hidden.000001",
      "new\nline.000001",
      `${"x".repeat(260)}.000001`,
      "",
    ]
  ) assertEquals(parseBinlogFileName(name), undefined, name);
});

Deno.test("the index is written as MySQL does, and read as people leave it", async () => {
  await withFolder(async (dir) => {
    const names = ["binlog.999999", "binlog.1000000"];
    await writeIndexFile(dir, names);
    assertEquals(
      await Deno.readTextFile(`${dir}/binlog.index`),
      "./binlog.999999\n./binlog.1000000\n",
    );
    assertEquals(await readIndexFile(`${dir}/binlog.index`), names);
    await Deno.writeTextFile(`${dir}/binlog.index`, "/var/lib/mysql/binlog.999999\nbinlog.1000000");
    assertEquals(await readIndexFile(`${dir}/binlog.index`), names);
  });
});

Deno.test("a store opens on plain files, keeps their order, and cuts what is not whole", async () => {
  await withFolder(async (dir) => {
    await copyFiles(dir, 3);
    const last = `${dir}/binlog.000003`;
    const whole = (await Deno.stat(last)).size;
    await Deno.writeFile(last, new Uint8Array(10).fill(7), { append: true });
    const store = await Store.open({ dir, log });
    assertEquals(store.files, ["binlog.000001", "binlog.000002", "binlog.000003"]);
    assertEquals(store.last!.eventEnd, whole);
    store.close();
    assertEquals((await Deno.stat(last)).size, whole);
    const { serverId, uuid } = store.identity;
    const again = await Store.open({ dir, log });
    assertEquals([again.identity.serverId, again.identity.uuid], [serverId, uuid]);
    assertEquals(serverId >= 2 ** 31 && serverId < 2 ** 32, true);
    again.close();
  });
});

Deno.test("a store that lost what was durable says so, and opens with refetch only", async () => {
  await withFolder(async (dir) => {
    await copyFiles(dir, 2);
    const store = await Store.open({ dir, log });
    await store.recordState();
    store.close();
    const path = `${dir}/binlog.000002`;
    const size = (await Deno.stat(path)).size;
    await Deno.truncate(path, size - 40);
    const error = await assertRejects(() => Store.open({ dir, log }), StoreError, "are gone");
    assertEquals(error.details.expected, String(size));
    assertStringIncludes(error.details.hint!, "--refetch");
    const refetched = await Store.open({ dir, log, refetch: true });
    refetched.close();
    await Deno.remove(`${dir}/binlog.000001`);
    await assertRejects(() => Store.open({ dir, log }), StoreError, "binlog.000001");
  });
});

Deno.test("without a state damage inside a file is not cut off, an incomplete event is", async () => {
  await withFolder(async (dir) => {
    await copyFiles(dir, 1);
    const path = `${dir}/binlog.000001`;
    const whole = await Deno.readFile(path);
    await Deno.writeFile(path, whole.subarray(0, whole.length - 3));
    const torn = await Store.open({ dir, log });
    const { eventEnd } = torn.last!;
    torn.close();
    assert(eventEnd < whole.length - 3);
    const damaged = whole.slice();
    damaged[300]! ^= 1;
    await Deno.writeFile(path, damaged);
    const error = await assertRejects(() => Store.open({ dir, log }), LostBytesError, "not known");
    assertStringIncludes(error.details.hint!, "--refetch");
    assertEquals(await Deno.readFile(path), damaged);
    const refetched = await Store.open({ dir, log, refetch: true });
    assert(refetched.last!.eventEnd <= 300);
    refetched.close();
  });
});

Deno.test("a state is there before the first file has anything to lose", async () => {
  await withFolder(async (dir) => {
    const store = await Store.open({ dir, log });
    await store.append("binlog.000001");
    store.close();
    const state = await readState(dir);
    assertEquals([state?.file, state?.durable], ["binlog.000001", 0]);
  });
});

Deno.test("damaged files of our own are named", async () => {
  await withFolder(async (dir) => {
    await copyFiles(dir, 1);
    (await Store.open({ dir, log })).close();
    const identity = `${dir}/binlogd.identity.json`;
    const before = await Deno.readTextFile(identity);
    for (const text of ["{ no json", "{}", ""]) {
      await Deno.writeTextFile(identity, text);
      const error = await assertRejects(() => Store.open({ dir, log }), StoreError, identity);
      assertEquals(error.exitCode, 6);
    }
    await Deno.writeTextFile(identity, before);
    // The state can be made again, so it is only a warning.
    await Deno.writeTextFile(`${dir}/binlogd.state.json`, "{ no json");
    const lines: string[] = [];
    const watched = new Logger({ write: (line) => lines.push(line) });
    (await Store.open({ dir, log: watched })).close();
    assertStringIncludes(lines.join(), "binlogd.state.json");
  });
});

Deno.test("a lock keeps others out, and is free as soon as its holder is killed", async () => {
  await withFolder(async (dir) => {
    const program = `import { StoreLock } from "${LIB}store/store_lock.ts";
      const lock = await StoreLock.take("${dir}");
      console.log("locked"); setInterval(() => lock, 1000);`;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", program],
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    const error = await assertRejects(() => StoreLock.take(dir), StoreError, "another binlogd");
    assertStringIncludes(`${error.message} ${error.details.found ?? ""}`, String(child.pid));
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
    (await StoreLock.take(dir)).release();
  });
});

Deno.test("a file is replaced whole; what a crash left beside it does no harm", async () => {
  await withFolder(async (dir) => {
    const path = `${dir}/binlogd.state.json`;
    await writeFileAtomic(path, "one");
    await writeFileAtomic(path, "two");
    assertEquals(await Deno.readTextFile(path), "two");
    const before = [...Deno.readDirSync(dir)].map(({ name }) => name);
    assertEquals(before, ["binlogd.state.json"]);
    await copyFiles(dir, 1);
    await Deno.remove(path);
    await Deno.writeTextFile(`${path}.tmp`, "half");
    (await Store.open({ dir, log })).close();
  });
});
