/** Whether a store has holes is told, or that nobody knows. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { Logger } from "../../lib/log.ts";
import { IDENTITY_FILE, newIdentity, writeIdentity } from "../../lib/store/identity.ts";
import { readableIdentity } from "../../lib/store/readable_identity.ts";
import { withFolder } from "../_pipeline.ts";

Deno.test("an identity that can't be read is a warning, none is none", async () => {
  await withFolder(async (dir) => {
    const lines: string[] = [];
    const log = new Logger({ write: (line) => void lines.push(line) });
    const identity = newIdentity();
    await writeIdentity(dir, identity);
    assertEquals((await readableIdentity({ dir, isStore: true }, log))?.uuid, identity.uuid);
    assertEquals(await readableIdentity({ dir, isStore: false }, log), undefined);
    assertEquals(lines, []);
    await Deno.remove(`${dir}/${IDENTITY_FILE}`);
    await Deno.mkdir(`${dir}/${IDENTITY_FILE}`);
    assertEquals(await readableIdentity({ dir, isStore: true }, log), undefined);
    assertEquals(lines.length, 1);
    assertStringIncludes(lines[0]!, "whether the files have holes can't be told");
    assertStringIncludes(lines[0]!, `${dir}/${IDENTITY_FILE}`);
  });
});
