import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { StoreError, StoreIoError } from "../../lib/errors.ts";
import { Logger } from "../../lib/log.ts";
import { IDENTITY_FILE, newIdentity, readIdentity } from "../../lib/store/identity.ts";
import { writeIdentity } from "../../lib/store/identity.ts";
import { readStoreText } from "../../lib/store/read_store_text.ts";
import { Store } from "../../lib/store/store.ts";
import { readState, STATE_FILE, writeState } from "../../lib/store/store_state.ts";
import { tellHolesOf } from "../../lib/store/tell_holes.ts";
import { FileBuilder } from "../_events.ts";
import { withFolder } from "../_pipeline.ts";

/** Puts a folder where a file is read: refused even to root. */
async function makeUnreadable(path: string): Promise<void> {
  await Deno.remove(path).catch(() => {});
  await Deno.mkdir(path);
}

Deno.test("a file is read, is not there, or can't be read and says why", async () => {
  await withFolder(async (dir) => {
    await Deno.writeTextFile(`${dir}/f`, "text");
    assertEquals(await readStoreText(`${dir}/f`), "text");
    assertEquals(await readStoreText(`${dir}/gone`), undefined);
    const error = await assertRejects(() => readStoreText(dir), StoreIoError, "Is a directory");
    assertEquals([error.exitCode, error.details.file], [6, dir]);
  });
});

Deno.test("a state that can't be read is not damaged, and nothing is cut without it", async () => {
  await withFolder(async (dir) => {
    const file = "b.000001";
    const whole = new FileBuilder(file).format().transaction(1).bytes();
    const torn = whole.subarray(0, whole.length - 20);
    await Deno.writeFile(`${dir}/${file}`, torn);
    await Deno.writeTextFile(`${dir}/b.index`, `./${file}\n`);
    const time = new Date().toISOString();
    await writeState(dir, { format: 1, file, durable: whole.length, time });
    const lines: string[] = [];
    const log = new Logger({ write: (line) => lines.push(line) });
    const open = () => Store.open({ dir, log });
    await assertRejects(open, StoreError, `durable up to ${whole.length}`);
    await makeUnreadable(`${dir}/${STATE_FILE}`);
    await assertRejects(open, StoreIoError, `Cannot read ${dir}/${STATE_FILE}: Is a directory`);
    await assertRejects(() => readState(dir, () => lines.push("damaged")), StoreIoError);
    assertEquals(await Deno.readFile(`${dir}/${file}`), torn);
    assertEquals(lines, []);
  });
});

Deno.test("an identity that can't be read or understood makes holes a warning, not none", async () => {
  await withFolder(async (dir) => {
    const path = `${dir}/${IDENTITY_FILE}`;
    const lines: string[] = [];
    const log = new Logger({ write: (line) => lines.push(line) });
    const tell = () => tellHolesOf({ dir, isStore: true }, log);
    assertEquals(await tell(), []);
    await writeIdentity(dir, newIdentity());
    assertEquals(await tell(), []);
    assertEquals(lines, []);
    await Deno.writeTextFile(path, "{");
    assertEquals(await tell(), []);
    assertStringIncludes(lines.pop()!, `Cannot read ${path}: not JSON`);
    await makeUnreadable(path);
    assertEquals(await tell(), []);
    const line = lines.pop()!;
    for (const part of ["warning", "holes", path, "Is a directory (os error 21)"]) {
      assertStringIncludes(line, part);
    }
    await assertRejects(
      () => readIdentity(dir),
      StoreIoError,
      `Cannot read ${path}: Is a directory`,
    );
  });
});
