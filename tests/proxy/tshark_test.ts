import { assert, assertEquals } from "@std/assert";
import { compareCapture } from "../../scripts/compare_tshark.ts";
import { hasProgram } from "../../scripts/testbed/has_program.ts";
import { capturePath, CAPTURES } from "./_captures.ts";

const here = await hasProgram("tshark");

Deno.test({
  name: `tshark reads the same packets and commands${here ? "" : " (skipped: no tshark)"}`,
  ignore: !here,
  async fn() {
    for (const name of CAPTURES) {
      const { packets, commands, differences } = await compareCapture(capturePath(name));
      assertEquals(differences, [], name);
      assert(packets > 20 && commands > 5, `${name}: ${packets} packets, ${commands} commands`);
    }
  },
});
