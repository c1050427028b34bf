import { assert, assertEquals, assertRejects } from "@std/assert";
import { writeFileAtomic } from "../../lib/store/write_file_atomic.ts";
import { withFolder } from "../_pipeline.ts";

const LIB = new URL("../../lib/", import.meta.url).pathname;
const SIZE = 3_000_000;
const KILLS = 4;

function names(dir: string): string[] {
  return [...Deno.readDirSync(dir)].map(({ name }) => name).sort();
}

Deno.test("a file is replaced whole, by text and by bytes, longer and shorter", async () => {
  await withFolder(async (dir) => {
    for (const content of ["one", "", "a longer text, with ä", "x"]) {
      await writeFileAtomic(`${dir}/f`, content);
      assertEquals(await Deno.readTextFile(`${dir}/f`), content);
    }
    await writeFileAtomic(`${dir}/f`, Uint8Array.of(0, 255, 10));
    assertEquals(await Deno.readFile(`${dir}/f`), Uint8Array.of(0, 255, 10));
    assertEquals(names(dir), ["f"]);
  });
});

Deno.test("what an interrupted write left behind is written over", async () => {
  await withFolder(async (dir) => {
    await Deno.writeTextFile(`${dir}/f.tmp`, "a half that is longer than what comes");
    await writeFileAtomic(`${dir}/f`, "new");
    assertEquals(await Deno.readTextFile(`${dir}/f`), "new");
    assertEquals(names(dir), ["f"]);
  });
});

Deno.test("what takes the place of a secret is one from its first moment on", async () => {
  await withFolder(async (dir) => {
    await Deno.writeTextFile(`${dir}/f`, "secret", { mode: 0o600 });
    const { openSync } = Deno;
    const modes: number[] = [];
    Deno.openSync = (path, options) => {
      const file = openSync(path, options);
      if (options?.write) modes.push(file.statSync().mode! & 0o777);
      return file;
    };
    try {
      await writeFileAtomic(`${dir}/f`, "another");
    } finally {
      Deno.openSync = openSync;
    }
    assertEquals(modes, [0o600]);
  });
});

Deno.test("a write that fails leaves the old content and nothing beside it", async () => {
  await withFolder(async (dir) => {
    await Deno.mkdir(`${dir}/f/inside`, { recursive: true });
    // A folder can't be replaced by a file: the rename fails.
    await assertRejects(() => writeFileAtomic(`${dir}/f`, "new"));
    assertEquals(names(dir), ["f"]);
    assertEquals(names(`${dir}/f`), ["inside"]);
    await assertRejects(() => writeFileAtomic(`${dir}/gone/f`, "new"), Deno.errors.NotFound);
  });
});

Deno.test("a writer killed at any moment leaves one content or the other", async () => {
  await withFolder(async (dir) => {
    const program = `import { writeFileAtomic } from "${LIB}store/write_file_atomic.ts";
      await writeFileAtomic("${dir}/f", "0".repeat(${SIZE}));
      console.log("begun");
      for (let i = 1;; i = (i + 1) % 10) {
        await writeFileAtomic("${dir}/f", String(i).repeat(${SIZE}));
      }`;
    for (let kill = 0; kill < KILLS; kill++) {
      const child = new Deno.Command(Deno.execPath(), {
        args: ["eval", "--quiet", program],
        stdout: "piped",
        stderr: "null",
      }).spawn();
      const reader = child.stdout.getReader();
      await reader.read();
      await new Promise((resolve) => setTimeout(resolve, 3 + kill * 17));
      child.kill("SIGKILL");
      await child.status;
      await reader.cancel();
      const content = await Deno.readFile(`${dir}/f`);
      assertEquals(content.length, SIZE);
      assert(content.every((byte) => byte === content[0]), `mixed after kill ${kill}`);
    }
    await writeFileAtomic(`${dir}/f`, "last");
    assertEquals(names(dir), ["f"]);
  });
});
