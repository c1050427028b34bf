import { assertEquals } from "@std/assert";
import { BinlogCatalog } from "../../lib/server/binlog_catalog.ts";
import { binlogGtidPos } from "../../lib/server/binlog_gtid_pos.ts";
import type { ServerState } from "../../lib/server/server_state.ts";
import { showBinlogEvents } from "../../lib/server/show_binlog_events.ts";
import { withFolder } from "../_pipeline.ts";
import { beginFile, QUIET } from "./_local.ts";

/** How often a timer had its turn while `work` went on, where each look at the clock is late. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  const { now } = performance;
  let turns = 0;
  let time = 0;
  performance.now = () => time += 1000;
  const timer = setInterval(() => turns++, 0);
  try {
    await work();
  } finally {
    performance.now = now;
    clearInterval(timer);
  }
  return turns;
}

Deno.test("whoever has a file looked through lets others have their turn", async () => {
  await withFolder(async (dir) => {
    const file = beginFile("binlog.000001", "");
    for (let gno = 1; gno <= 1000; gno++) file.transaction(gno);
    await Deno.writeFile(`${dir}/${file.name}`, file.bytes());
    const catalog = new BinlogCatalog(dir, QUIET);
    await catalog.refresh();
    const end = file.bytes().length;
    let found: string | null = null;
    const asked = await turnsDuring(async () => {
      found = await binlogGtidPos(catalog, file.name, end);
    });
    assertEquals([found, asked > 5], ["", true]);
    const statement = {
      kind: "show",
      what: "binlog events",
      oldWords: false,
      filter: () => true,
      offset: 1e6,
      limit: 1,
      full: false,
    } as const;
    // All that a scan looks at of a server.
    const state = { catalog, eventInfo: undefined } as unknown as ServerState;
    const shown = await turnsDuring(() => showBinlogEvents(statement, state));
    assertEquals(shown > 5, true);
    catalog.close();
  });
});
