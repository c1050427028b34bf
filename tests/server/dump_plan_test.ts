import { assertRejects } from "@std/assert";
import type { BinlogCatalog } from "../../lib/server/binlog_catalog.ts";
import { BeyondEndError, planByGtidSet } from "../../lib/server/dump_plan.ts";
import { GtidSet } from "../../lib/gtid/gtid_set.ts";
import { encodeGtidSet } from "../../lib/gtid/gtid_set_codec.ts";
import { UUID } from "./_local.ts";

Deno.test("where there is no file yet, no GTID set is ahead of the source", async () => {
  // All that a plan asks of a catalog that has no file.
  const catalog = { files: [] as string[] } as unknown as BinlogCatalog;
  for (const text of ["", `${UUID}:1-10`]) {
    const gtidSet = encodeGtidSet(GtidSet.parse(text));
    const dump = { file: "", position: 4, flags: 0, serverId: 9, gtidSet };
    await assertRejects(() => planByGtidSet(dump, catalog, undefined), BeyondEndError);
  }
});
