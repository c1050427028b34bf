import { assertEquals, assertStringIncludes } from "@std/assert";
import { runProgram } from "../../lib/cli/run_program.ts";
import { STANDARD_ERROR } from "../../lib/standard_error.ts";
import { withFolder } from "../_pipeline.ts";

/** Exit status and standard error of a run whose standard output is written to by `write`. */
async function run(
  words: string[],
  write: (bytes: Uint8Array) => number = (bytes) => bytes.length,
): Promise<[number, string]> {
  const originals = [Deno.stdout.writeSync, STANDARD_ERROR.write] as const;
  let text = "";
  Deno.stdout.writeSync = write;
  STANDARD_ERROR.write = (line) => void (text += line);
  try {
    return [await runProgram(words), text];
  } finally {
    [Deno.stdout.writeSync, STANDARD_ERROR.write] = originals;
  }
}

Deno.test("an output that can't be written is told, and is no fault in binlogd", async () => {
  const [code, text] = await run(["help"], () => {
    throw new Error("No space left on device (os error 28)");
  });
  assertEquals([code, text.includes("please report")], [6, false]);
  assertStringIncludes(text, "Cannot write standard output: No space left");
});

Deno.test("what the command line says of --log-format holds for its own faults", async () => {
  for (
    const words of [
      ["dump", "--nope", "--log-format", "json"],
      ["dump", "--log_format=json", "--nope"],
      ["dmup", "--log-format=json"],
      ["find", "x", "--time", "nonsense", "--log-format=json"],
    ]
  ) {
    const [code, text] = await run(words);
    assertEquals([code, JSON.parse(text).exit_code], [2, 2], text);
  }
  for (const words of [["dmup", "--", "--log-format=json"], ["dmup", "--log-format"]]) {
    assertEquals((await run(words))[1].startsWith("binlogd: Unknown command"), true);
  }
});

Deno.test("what an option file says of log-format holds for its other lines, earlier ones too", async () => {
  await withFolder(async (dir) => {
    for (const other of ["retry-limit=x", "unheard-of=1", "dir"]) {
      for (const lines of [["log-format=json", other], [other, "log-format=json"]]) {
        await Deno.writeTextFile(`${dir}/f`, ["[binlogd]", ...lines].join("\n"), { mode: 0o600 });
        const [code, text] = await run(["dump", `--defaults-file=${dir}/f`]);
        assertEquals([code, JSON.parse(text).exit_code], [2, 2], text);
      }
    }
  });
});
