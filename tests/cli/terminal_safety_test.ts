/** What of servers, files and folders is shown commands no terminal and hides nothing. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { HIDDEN_CHARACTERS } from "../../lib/binlog/values/hidden_characters.ts";
import { eraLine } from "../../lib/cli/list_output.ts";
import { newIdentity, writeIdentity } from "../../lib/store/identity.ts";
import { binlogd } from "../_binlogd.ts";
import { FileBuilder } from "../_events.ts";
import { withFolder } from "../_pipeline.ts";

const BAD = "\u009b2J\u202e";
const SHOWN = "\\u009b2J\\u202e";

Deno.test("a file of such a name is shown with what it hides", async () => {
  await withFolder(async (dir) => {
    const path = `${dir}/${BAD}`;
    const bytes = new FileBuilder("b").format(`9.7.4${BAD}`).transaction(1).bytes();
    await Deno.writeFile(path, bytes);
    const gtid = "--gtid=00000000-0000-0000-0000-000000000000:1";
    const commands = [["list"], ["verify"], ["find", gtid], ["find", "--table=d.t", "--utc"]];
    for (const [name, ...options] of commands) {
      for (const more of [[], ["--json"]]) {
        const { stdout } = await binlogd([name!, path, ...options, ...more]);
        if (!options.includes("--table=d.t")) assertStringIncludes(stdout, SHOWN, name);
        const hidden = stdout.replaceAll("\n", "").match(HIDDEN_CHARACTERS);
        assertEquals(hidden, null, `${name} ${options} ${more}: ${JSON.stringify(stdout)}`);
        if (more.length > 0) { for (const line of stdout.trimEnd().split("\n")) JSON.parse(line); }
      }
    }
  });
});

Deno.test("holes and eras of a store, too", async () => {
  await withFolder(async (dir) => {
    for (const n of [1, 3]) {
      const bytes = new FileBuilder("b").format().transaction(n).bytes();
      await Deno.writeFile(`${dir}/b.00000${n}`, bytes);
    }
    await Deno.writeTextFile(`${dir}/b.index`, "./b.000001\n./b.000003\n");
    const hole = {
      afterFile: "b.000001",
      afterPosition: 4,
      nextFile: "b.000003",
      reason: `purged ${BAD}`,
      time: "2026-11-23T00:00:00Z",
    };
    await writeIdentity(dir, { ...newIdentity(), holes: [hole] });
    for (const more of [[], ["--json"]]) {
      const { stdout } = await binlogd(["list", dir, ...more]);
      assertStringIncludes(stdout, `purged ${SHOWN}`);
    }
    const era = { number: 1, folder: "era-1", gtidSet: "", reason: BAD, time: "" };
    assert(eraLine(era).endsWith(`${SHOWN}\n`));
  });
});
