import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ClosedOutput } from "../../lib/cli/closed_output.ts";
import { printError } from "../../lib/cli/print_error.ts";
import { ConnectionError, ServerError, StoreError } from "../../lib/errors.ts";
import { STANDARD_ERROR } from "../../lib/standard_error.ts";

/** What `work` writes to standard error. */
function written(work: () => void): string {
  const parts: string[] = [];
  const { write } = STANDARD_ERROR;
  STANDARD_ERROR.write = (text) => void parts.push(text);
  try {
    work();
  } finally {
    STANDARD_ERROR.write = write;
  }
  return parts.join("");
}

Deno.test("what a server says is printed, and does not command the terminal", () => {
  const error = new ServerError("no\x1b[2Jway\nTry: rm \u009b\u202e", {
    found: "a\x07b",
    hint: "x",
  });
  let code = 0;
  const text = written(() => code = printError(error));
  assertEquals(code, 5);
  assert(text.startsWith("binlogd: no\\x1b[2Jway\\nTry: rm \\u009b\\u202e\n"), text);
  assertEquals(text.split("\n").slice(1), ["  found: a\\x07b", "Try: x", ""]);
});

Deno.test("JSON keeps an error in one line", () => {
  const error = new ServerError("no\nway", { code: 1045 });
  const text = written(() => void printError(error, "json"));
  assertEquals(text.trimEnd().split("\n").length, 1);
  const { message, code, exit_code } = JSON.parse(text);
  assertEquals([message, code, exit_code], ["no\nway", 1045, 5]);
});

Deno.test("JSON, too, has nothing that commands a terminal", () => {
  const error = new ServerError("no \u009b2J way \u202e");
  const text = written(() => void printError(error, "json"));
  assertStringIncludes(text, '"message":"no \\u009b2J way \\u202e"');
  assertEquals(JSON.parse(text).message, error.message);
});

Deno.test("where the executable may not write it says so, whatever else was to be tried", () => {
  const cause = new Deno.errors.NotCapable("Requires all access");
  const tried = (file: string, cause: Error): string =>
    written(() => void printError(new StoreError("no", { file, hint: "x", cause })))
      .split("\n").find((line) => line.startsWith("Try: "))!;
  assert(tried("/dev/shm/s", cause).includes("can't use files below /dev"));
  assertEquals(tried("/dev/stdin", cause), "Try: - is standard input");
  assertEquals(tried("/dev/shm/s", new Error("no")), "Try: x");
});

Deno.test("an output that was closed is no error, and a connection that was closed is one", () => {
  const broken = new Deno.errors.BrokenPipe("Broken pipe (os error 32)");
  const codes = [
    new ClosedOutput(),
    new StoreError("Cannot read", { cause: new ClosedOutput() }),
    new ConnectionError("Cannot begin TLS with the server: Broken pipe (os error 32)", {
      cause: broken,
    }),
    broken,
  ].map((error) => {
    let code = -1;
    const text = written(() => code = printError(error));
    return [code, text !== ""];
  });
  assertEquals(codes, [[0, false], [0, false], [4, true], [4, true]]);
});

Deno.test("what the system refuses is no fault in binlogd, whoever did not think of it", () => {
  const errors = [
    new Error("Stale file handle (os error 116)"),
    new Deno.errors.NotFound("No such file or directory (os error 2): open 'x'"),
    new Deno.errors.NotCapable('Requires write access to "/dev/shm/x", run again'),
    new Deno.errors.ConnectionReset("Connection reset by peer (os error 104)"),
    new Deno.errors.NotCapable('Requires env access to "X", run again'),
    new TypeError("x"),
  ];
  const found = errors.map((error) => {
    let code = -1;
    const text = written(() => code = printError(error));
    return [code, text.includes("please report"), text.includes(error.message)];
  });
  const expected = [6, 6, 6, 4, 70, 70].map((code) => [code, code === 70, true]);
  assertEquals(found, expected);
});

Deno.test("a fault in binlogd is one line of JSON too, with what helps to find it", () => {
  for (
    const [error, part] of [[new TypeError("x"), "TypeError: x\n    at "], ["x", "x"]] as const
  ) {
    const text = written(() => void printError(error, "json"));
    const { level, message, stack, exit_code } = JSON.parse(text);
    assertEquals([level, exit_code], ["error", 70]);
    assert(message.includes("please report"), message);
    assert(stack.startsWith(part), stack);
  }
});

Deno.test("a call that can't be right is a fault in binlogd, whatever the system says of it", async () => {
  const path = await Deno.makeTempFile();
  try {
    using handle = Deno.openSync(path, { read: true });
    for (
      const wrong of [
        () => void handle.seekSync(-5, Deno.SeekMode.Start),
        () => void handle.writeSync(new Uint8Array(1)),
        () => void Deno.readFileSync("a\0b"),
      ]
    ) {
      const error = assertThrows(wrong);
      let code = -1;
      const text = written(() => code = printError(error));
      assertEquals([code, text.includes("please report")], [70, true]);
    }
  } finally {
    await Deno.remove(path);
  }
});
