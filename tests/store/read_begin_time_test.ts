import { assertEquals } from "@std/assert";
import { readBeginTime } from "../../lib/store/read_begin_time.ts";
import { withFolder } from "../_pipeline.ts";
import { writeAged } from "./_write_aged.ts";

Deno.test("a file was begun when its first event says, whatever follows", async () => {
  await withFolder(async (dir) => {
    const path = `${dir}/a.000001`;
    await writeAged(dir, "a.000001", { time: 100 });
    assertEquals(readBeginTime(path), 100);
    const { size } = await Deno.stat(path);
    await Deno.truncate(path, size - 5);
    assertEquals(readBeginTime(path), 100);
  });
  const real = new URL("../../testdata/mysql97/binlog.000001", import.meta.url).pathname;
  const time = new Date(readBeginTime(real)! * 1000);
  assertEquals(time.getUTCFullYear(), 2026);
});

Deno.test("a file of which not even the first event is there says nothing of when it was begun", async () => {
  await withFolder(async (dir) => {
    const path = `${dir}/a.000001`;
    assertEquals(readBeginTime(path), undefined);
    for (const bytes of [[], [0xfe, 0x62, 0x69, 0x6e], new Array(64).fill(0)]) {
      await Deno.writeFile(path, Uint8Array.from(bytes));
      assertEquals(readBeginTime(path), undefined);
    }
  });
});
