import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { StoreError, StoreIoError } from "../../lib/errors.ts";
import { storeStep } from "../../lib/store/store_step.ts";

async function failing(error: unknown): Promise<unknown> {
  try {
    return await storeStep("write", "s/b.index", () => Promise.reject(error));
  } catch (thrown) {
    return thrown;
  }
}

Deno.test("a step that the system refuses names its file, and that it can be run again", async () => {
  const missing = () => storeStep("remove", "/nowhere/x", () => Deno.remove("/nowhere/x"));
  const error = await assertRejects(missing, StoreIoError, "Cannot remove /nowhere/x: No such");
  assertEquals(error.exitCode, 6);
  assertEquals(error.details.file, "/nowhere/x");
  assertStringIncludes(error.details.hint!, "can be written, then run the command again");
  // The runtime gives neither of these a code.
  for (const text of ["Disk quota exceeded (os error 122)", "Stale file handle (os error 116)"]) {
    const wrapped = await failing(new Error(text));
    assert(wrapped instanceof StoreIoError);
    assertStringIncludes(wrapped.message, text);
    assertEquals(wrapped.details.hint!.startsWith("make room"), text.includes("quota"));
  }
});

Deno.test("a step leaves errors that are not the system's as they are", async () => {
  for (const error of [new TypeError("x"), new StoreError("y (os error 5)"), "z"]) {
    assertEquals(await failing(error), error);
  }
  assertEquals(await storeStep("read", "s", () => 5), 5);
});
