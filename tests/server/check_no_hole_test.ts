/** A step from a file to the next one, in a store that may have a hole there. */
import { assertEquals, assertRejects } from "@std/assert";
import { checkNoHole } from "../../lib/server/check_no_hole.ts";
import { SqlError } from "../../lib/server/sql_error.ts";
import { IDENTITY_FILE, newIdentity, writeIdentity } from "../../lib/store/identity.ts";
import { withFolder } from "../_pipeline.ts";
import { writeFiles } from "./_local.ts";

const [FIRST, SECOND] = ["binlog.000001", "binlog.000002"] as const;

Deno.test("nothing is served over a hole, nor where nobody knows whether there is one", async () => {
  await withFolder(async (dir) => {
    await writeFiles(dir);
    await checkNoHole(dir, FIRST, SECOND); // a plain folder has none
    const identity = newIdentity();
    await writeIdentity(dir, identity);
    await checkNoHole(dir, FIRST, SECOND);
    identity.holes.push({
      afterFile: FIRST,
      afterPosition: 4,
      nextFile: SECOND,
      reason: "purged",
      time: "2026-01-01T00:00:00.000Z",
    });
    await writeIdentity(dir, identity);
    await assertRejects(() => checkNoHole(dir, FIRST, SECOND), SqlError, "has a hole after");
    await checkNoHole(dir, SECOND, "binlog.000003");
    await Deno.remove(`${dir}/${IDENTITY_FILE}`);
    await Deno.mkdir(`${dir}/${IDENTITY_FILE}`);
    const error = await assertRejects(() => checkNoHole(dir, FIRST, SECOND), SqlError);
    assertEquals(error.message.includes("can't be told"), true, error.message);
  });
});
