import { assertEquals, assertThrows } from "@std/assert";
import { ClosedOutput } from "../../lib/cli/closed_output.ts";
import { verify } from "../../lib/cli/verify.ts";
import { writeWhileOpen } from "../../lib/cli/write_while_open.ts";
import { Logger } from "../../lib/log.ts";
import { FileBuilder } from "../_events.ts";
import { withFolder } from "../_pipeline.ts";

/** An output that nobody reads; how often it was written to. */
function closed(): { calls: number; write: () => void } {
  const output = {
    calls: 0,
    write: () => {
      output.calls++;
      throw new ClosedOutput();
    },
  };
  return output;
}

Deno.test("an output that was closed is not written to again", () => {
  const output = closed();
  const write = writeWhileOpen(output.write);
  for (const text of ["a", "b"]) write(text);
  assertEquals(output.calls, 1);
  assertThrows(() =>
    writeWhileOpen(() => {
      throw new TypeError("x");
    })("a"), TypeError);
});

Deno.test("verify answers by its status, whoever reads what it prints", async () => {
  await withFolder(async (dir) => {
    const good = new FileBuilder("b.000001").format().transaction(1).rotate("b.000002").bytes();
    const bad = good.slice();
    bad[bad.length - 60]! ^= 1;
    const codes: number[] = [];
    for (const [name, bytes] of [["good", good], ["bad", bad]] as const) {
      await Deno.writeFile(`${dir}/${name}`, bytes);
      codes.push(
        await verify.run({
          positionals: [`${dir}/${name}`],
          options: {},
          log: new Logger({ write: () => {} }),
          signal: new AbortController().signal,
          stdout: closed().write,
          terminal: false,
        }),
      );
    }
    assertEquals(codes, [0, 1]);
  });
});
