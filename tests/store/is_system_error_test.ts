import { assertEquals } from "@std/assert";
import { StoreError } from "../../lib/errors.ts";
import { isSystemError } from "../../lib/store/is_system_error.ts";

function coded(code: string): Error {
  return Object.assign(new TypeError("x"), { code });
}

Deno.test("what the system or the runtime refuses is told from what a program does wrong", () => {
  const refused = [
    coded("ENOSPC"),
    coded("E2BIG"),
    new Error("Disk quota exceeded (os error 122)"),
    new Deno.errors.NotCapable('Requires read access to "/dev/x"'),
    new Deno.errors.NotCapable("Requires all access"),
  ];
  const others = [
    coded("ERR_INVALID_ARG_TYPE"),
    new TypeError("x"),
    new StoreError("x (os error 5)"),
    new Deno.errors.NotCapable('Requires env access to "X"'),
    new Deno.errors.BadResource("Bad resource ID"),
    "x (os error 5)",
    undefined,
  ];
  assertEquals(refused.map(isSystemError), refused.map(() => true));
  assertEquals(others.map(isSystemError), others.map(() => false));
});
