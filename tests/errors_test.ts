import { assert, assertEquals } from "@std/assert";
import { EXIT_CODES } from "../lib/cli/exit_codes.ts";
import * as errors from "../lib/errors.ts";

type ErrorClass = new (message: string, details?: errors.ErrorDetails) => errors.BinlogdError;

/** Exit status and whether asking again can help, by class. */
const CLASSES: Record<string, [number, boolean]> = {
  BinlogdError: [1, false],
  UsageError: [2, false],
  FormatError: [3, false],
  ProtocolError: [4, true],
  ConnectionError: [4, true],
  OversizeError: [4, true],
  ServerError: [5, false],
  AuthError: [5, false],
  StoreError: [6, false],
  StoreIoError: [6, true],
  LostBytesError: [6, false],
  DivergenceError: [7, false],
  BytesDifferError: [7, false],
  StopNotReachedError: [8, false],
};

Deno.test("each error has its exit status, its name, and says whether to try again", () => {
  assertEquals(Object.keys(errors).sort(), Object.keys(CLASSES).sort());
  for (const [name, [exitCode, retriable]] of Object.entries(CLASSES)) {
    const error = new (errors as unknown as Record<string, ErrorClass>)[name]!("what happened");
    assert(error instanceof errors.BinlogdError && error instanceof Error);
    assertEquals([error.name, error.message], [name, "what happened"]);
    assertEquals([error.exitCode, error.retriable], [exitCode, retriable], name);
    assertEquals(error.details, {});
    assertEquals("cause" in error, false);
  }
  assert(new errors.StoreIoError("x") instanceof errors.StoreError);
});

Deno.test("details and cause are kept", () => {
  const cause = new TypeError("below");
  const details = {
    file: "binlog.000001",
    position: 5_000_000_000,
    expected: "a",
    found: "b",
    cause,
  };
  const error = new errors.FormatError("damage", details);
  assertEquals(error.details, details);
  assertEquals(error.cause, cause);
});

Deno.test("every exit status of an error is in the table that the documentation shows", () => {
  const told = new Set(EXIT_CODES.map(({ code }) => code));
  for (const [name, [code]] of Object.entries(CLASSES)) assert(told.has(code), `${name}: ${code}`);
  assertEquals(told.size, EXIT_CODES.length);
});
