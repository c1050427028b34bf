import { assertStringIncludes } from "@std/assert";
import { newIdentity, writeIdentity } from "../../lib/store/identity.ts";
import { binlogd } from "../_binlogd.ts";
import { FileBuilder } from "../_events.ts";
import { withFolder } from "../_pipeline.ts";

Deno.test("commands that read a store tell of its holes", async () => {
  await withFolder(async (dir) => {
    const names = ["binlog.000001", "binlog.000004", "binlog.000005"];
    for (const name of names) {
      await Deno.writeFile(`${dir}/${name}`, new FileBuilder(name).format().transaction(1).bytes());
    }
    await Deno.writeTextFile(`${dir}/binlog.index`, names.map((name) => `./${name}\n`).join(""));
    const identity = newIdentity(7);
    identity.holes.push({
      afterFile: "binlog.000001",
      afterPosition: 900,
      nextFile: "binlog.000004",
      reason: "purged on the source",
      time: "2026-11-28T12:00:00Z",
    });
    await writeIdentity(dir, identity);
    const commands = [
      ["events", dir],
      ["find", dir, "--position=binlog.000004:4"],
      ["purge", dir, "--to=binlog.000004", "--dry-run"],
    ];
    for (const args of commands) {
      // What the made files hold does not matter here, nor does what is said of it.
      const { stderr } = await binlogd(args);
      for (const part of ["hole", "binlog.000001:900", "binlog.000004", "purged on the source"]) {
        assertStringIncludes(stderr, part);
      }
    }
  });
});
