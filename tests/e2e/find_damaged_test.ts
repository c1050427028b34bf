import { assertEquals, assertStringIncludes } from "@std/assert";
import { binlogd } from "../_binlogd.ts";
import { FileBuilder } from "../_events.ts";
import { withFolder } from "../_pipeline.ts";

const UUID = "00000000-0000-0000-0000-000000000000";

Deno.test("find says that a file it can't read may hold more, and ends with status 3", async () => {
  await withFolder(async (dir) => {
    for (const i of [1, 2, 3]) {
      const file = new FileBuilder(`b.00000${i}`).format().transaction(i).transaction(i + 10)
        .rotate(`b.00000${i + 1}`);
      const bytes = file.bytes();
      // The second file is encrypted; the third one is damaged behind its first transaction.
      if (i === 2) bytes[0] = 0xfd;
      const end = file.events.slice(0, 6).reduce((sum, event) => sum + event.length, 4);
      if (i === 3) bytes.fill(0, end + 9, end + 13);
      await Deno.writeFile(`${dir}/b.00000${i}`, bytes);
    }
    const find = async (...args: string[]): Promise<[number, string[]]> => {
      const { code, stdout, stderr } = await binlogd(["find", dir, ...args]);
      return [code, (stdout + stderr).match(/(?<=^|file=)b\.00000\d/gm) ?? []];
    };
    const [second, third] = ["b.000002", "b.000003"];
    assertEquals(await find("--time", "2001-01-01"), [0, ["b.000001"]]);
    assertEquals(await find("--time", "2099-01-01"), [3, [second, third]]);
    assertEquals(await find("--gtid", `${UUID}:3`), [0, [third]]);
    assertEquals(await find("--gtid", `${UUID}:11,${UUID}:3`), [0, ["b.000001", third]]);
    assertEquals(await find("--gtid", `${UUID}:2-3`), [3, [third, second, third]]);
    assertEquals(await find("--position", "b.000003:600"), [3, [third, third]]);
    await Deno.writeFile(`${dir}/b.000004`, new Uint8Array());
    assertEquals(await find("--time", "2099-01-01"), [3, [second, third]]);
    const encrypted = await binlogd(["find", dir, "--position", "b.000002:100"]);
    assertEquals(encrypted.code, 6);
    assertStringIncludes(encrypted.stderr, "binlogd: Cannot read b.000002: it is an encrypted");
  });
});

Deno.test("a newest file that was only just begun is empty, and no fault", async () => {
  await withFolder(async (dir) => {
    const file = new FileBuilder("b.000001").format().transaction(1).rotate("b.000002");
    await Deno.writeFile(`${dir}/b.000001`, file.bytes());
    for (const bytes of [new Uint8Array(), file.bytes().subarray(0, 4)]) {
      await Deno.writeFile(`${dir}/b.000002`, bytes);
      const { code, stdout } = await binlogd(["list", dir]);
      assertEquals(code, 0);
      assertStringIncludes(stdout, "the newest file is empty");
      await Deno.writeFile(`${dir}/b.000003`, file.bytes());
      const behind = await binlogd(["list", dir]);
      assertEquals(behind.code, 1);
      assertStringIncludes(behind.stdout, "unreadable");
      await Deno.remove(`${dir}/b.000003`);
    }
  });
});
