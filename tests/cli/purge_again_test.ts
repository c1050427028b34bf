import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { newIdentity, writeIdentity } from "../../lib/store/identity.ts";
import { binlogd } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { writeAged } from "../store/_write_aged.ts";

Deno.test("a purge that was interrupted is finished by the same command", async () => {
  const names = ["b.000001", "b.000002", "c.000001", "c.000002", "b.000003"];
  // Interrupted in the first base, at its end, and in the second.
  for (const [gone, first] of [[1, 2], [0, 2], [1, 3], [3, 4]] as const) {
    await withFolder(async (dir) => {
      for (const [i, name] of names.entries()) {
        if (i >= gone) await writeAged(dir, name, { time: 100 + i });
      }
      await writeIdentity(dir, newIdentity());
      const index = names.slice(first).map((name) => `./${name}\n`).join("");
      await Deno.writeTextFile(`${dir}/b.index`, index);
      const run = await binlogd(["purge", "--dir", dir, "--to", names[first]!]);
      assertEquals(run.code, 0, run.stderr);
      assertStringIncludes(run.stdout, `removed ${first - gone} file`);
      const left = [...Deno.readDirSync(dir)].map(({ name }) => name)
        .filter((name) => /\.\d+$/.test(name));
      assertEquals(left.sort(), names.slice(first).sort());
      assertEquals(await Deno.readTextFile(`${dir}/b.index`), index);
    });
  }
});

Deno.test("what an interrupted purge had taken away is removed by the next one", async () => {
  await withFolder(async (dir) => {
    await writeAged(dir, "b.000002", { time: 100 });
    await writeIdentity(dir, newIdentity());
    await Deno.writeTextFile(`${dir}/b.index`, "./b.000002\n");
    const away = `${dir}/binlogd.purged.b.000001`;
    await Deno.writeTextFile(away, "what was a file");
    const words = ["purge", "--dir", dir, "--to", "b.000002"];
    const dry = await binlogd([...words, "--dry-run"]);
    assertEquals(dry.code, 0, dry.stderr);
    assertEquals((await Deno.stat(away)).isFile, true);
    const run = await binlogd(words);
    assertEquals(run.code, 0, run.stderr);
    assertStringIncludes(run.stderr, "an interrupted purge had left files=1");
    assertStringIncludes(run.stdout, "removed 0 files");
    await assertRejects(() => Deno.stat(away), Deno.errors.NotFound);
  });
});
