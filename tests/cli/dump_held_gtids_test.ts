/** What of a GTID set a store holds, as a whole and before a request's answer. */
import { assertEquals } from "@std/assert";
import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import { heldBefore, readHeldGtids } from "../../lib/cli/dump_held_gtids.ts";
import { Logger } from "../../lib/log.ts";
import { Store } from "../../lib/store/store.ts";
import type { FileBuilder } from "../_events.ts";
import { withFolder } from "../_pipeline.ts";
import { beginFile, UUID } from "../server/_local.ts";

const NAME = "binlog.000002";

/** Transactions 5 to 7, and the beginning of the 8th. */
function build(): { file: FileBuilder; ends: number[] } {
  const file = beginFile(NAME, `${UUID}:1-4`);
  const ends = [5, 6, 7].map((gno) => file.transaction(gno).position);
  file.gtid(8).query("BEGIN").add(EVENT_TYPE.WRITE_ROWS_EVENT, new Uint8Array(50));
  return { file, ends };
}

Deno.test("a file holds the GTIDs of its whole transactions", async () => {
  const { file, ends } = build();
  await withFolder(async (dir) => {
    await Deno.writeFile(`${dir}/${NAME}`, file.bytes());
    assertEquals(readHeldGtids(dir, NAME).toString(), `${UUID}:1-7`);
    assertEquals(readHeldGtids(dir, NAME, ends[1]).toString(), `${UUID}:1-6`);
    assertEquals(readHeldGtids(dir, NAME, 4).toString(), "");
    // Without a transaction of its own there is what came before.
    await Deno.writeFile(`${dir}/${NAME}`, beginFile(NAME, `${UUID}:1-4`).gtid(5).bytes());
    assertEquals(readHeldGtids(dir, NAME).toString(), `${UUID}:1-4`);
  });
});

Deno.test("before a request's answer the store holds what that does not show again", async () => {
  const { file, ends } = build();
  await withFolder(async (dir) => {
    const log = new Logger({ write: () => {} });
    const held = (name: string, position: number): string =>
      heldBefore(store, { file: name, position }).toString();
    let store = await Store.open({ dir, log });
    assertEquals(held("", 4), "");
    store.close();
    await Deno.writeFile(`${dir}/${NAME}`, file.bytes());
    store = await Store.open({ dir, log });
    assertEquals(held(NAME, store.last!.previousTransactionEnd), `${UUID}:1-6`);
    assertEquals(held(NAME, ends[0]!), `${UUID}:1-5`);
    assertEquals(held(NAME, 4), "");
    assertEquals(held("binlog.000003", 4), `${UUID}:1-7`);
    store.close();
  });
});
