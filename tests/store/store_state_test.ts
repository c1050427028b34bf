import { assert, assertEquals } from "@std/assert";
import { readState, STATE_FILE, type StoreState, writeState } from "../../lib/store/store_state.ts";
import { withFolder } from "../_pipeline.ts";

const STATE: StoreState = {
  format: 1,
  file: "binlog.000007",
  durable: 5_000_000_000,
  acked: { file: "binlog.000007", position: 4_999_999_999 },
  time: "2026-11-23T02:12:48.123Z",
};

Deno.test("a state is read as it was written, and none is no damage", async () => {
  await withFolder(async (dir) => {
    const damaged: string[] = [];
    assertEquals(await readState(dir, (path) => damaged.push(path)), undefined);
    await writeState(dir, STATE);
    assertEquals(await readState(dir, (path) => damaged.push(path)), STATE);
    const { acked: _, ...plain } = STATE;
    await writeState(dir, plain);
    assertEquals(await readState(dir, (path) => damaged.push(path)), plain);
    assertEquals(damaged, []);
  });
});

Deno.test("a state cut at each length is damaged, and is told so with its path", async () => {
  await withFolder(async (dir) => {
    await writeState(dir, STATE);
    const path = `${dir}/${STATE_FILE}`;
    const text = await Deno.readFile(path);
    for (let size = 0; size < text.length - 1; size++) {
      await Deno.writeFile(path, text.subarray(0, size));
      const damaged: string[] = [];
      assertEquals(await readState(dir, (which) => damaged.push(which)), undefined);
      assertEquals(damaged, [path]);
    }
  });
});

Deno.test("a state changed at each byte is a whole state or none", async () => {
  await withFolder(async (dir) => {
    await writeState(dir, STATE);
    const path = `${dir}/${STATE_FILE}`;
    const text = await Deno.readFile(path);
    for (let at = 0; at < text.length; at++) {
      const changed = text.slice();
      changed[at]! ^= 0x12;
      await Deno.writeFile(path, changed);
      const state = await readState(dir);
      if (!state) continue;
      assertEquals(typeof state.file, "string");
      assert(Number.isSafeInteger(state.durable) && state.durable >= 0, `byte ${at}`);
    }
  });
});

Deno.test("a state that nothing can be done by is damaged", async () => {
  await withFolder(async (dir) => {
    const wrong: unknown[] = [
      null,
      7,
      {},
      { ...STATE, format: 2 },
      { ...STATE, file: undefined },
      { ...STATE, durable: "4" },
      { ...STATE, durable: -4 },
      { ...STATE, durable: 4.5 },
      { ...STATE, durable: 1e300 },
    ];
    for (const value of wrong) {
      await Deno.writeTextFile(`${dir}/${STATE_FILE}`, JSON.stringify(value));
      let damaged = 0;
      assertEquals(await readState(dir, () => damaged++), undefined, JSON.stringify(value));
      assertEquals(damaged, 1);
    }
  });
});
