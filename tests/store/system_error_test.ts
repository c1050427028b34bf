import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { StoreError, StoreIoError } from "../../lib/errors.ts";
import { systemError } from "../../lib/store/system_error.ts";

Deno.test("what the system refuses names the file; what else is wrong stays what it is", () => {
  let cause: unknown;
  try {
    Deno.openSync("/nowhere/binlog.000001");
  } catch (error) {
    cause = error;
  }
  const error = systemError("read", "/nowhere/binlog.000001", cause);
  assert(error instanceof StoreIoError);
  assertStringIncludes(error.message, "Cannot read /nowhere/binlog.000001: No such file");
  assertEquals(error.details.file, "/nowhere/binlog.000001");
  // The runtime gives these no code.
  for (const text of ["Disk quota exceeded (os error 122)", "Stale file handle (os error 116)"]) {
    const wrapped = systemError("write", "y", new Error(text));
    assert(wrapped instanceof StoreIoError);
    assertStringIncludes(wrapped.message, text);
    assertEquals(wrapped.details.hint!.startsWith("make room"), text.includes("quota"));
  }
  for (const other of [new TypeError("x"), new StoreError("x"), error, "x"]) {
    assertEquals(systemError("read", "y", other), other);
  }
});
