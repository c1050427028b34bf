import { assertEquals } from "@std/assert";
import { LockedUpstream } from "../../lib/server/locked_upstream.ts";
import { StoreLock } from "../../lib/store/store_lock.ts";
import { waitUntil } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";

Deno.test("a dump that begins after the server is noticed, and missed when it ends", async () => {
  await withFolder(async (dir) => {
    const upstream = await LockedUpstream.watch(dir, 10);
    try {
      assertEquals([upstream.present, upstream.connected], [false, false]);
      const lock = await StoreLock.take(dir);
      await waitUntil(() => upstream.present);
      assertEquals([upstream.connected, upstream.seenUpTo], [false, 0]);
      const seenUpTo = Date.now();
      lock.tell({ connected: true, seenUpTo });
      await waitUntil(() => upstream.connected);
      assertEquals(upstream.seenUpTo, seenUpTo);
      lock.tell({ connected: false, seenUpTo: 0 });
      await waitUntil(() => !upstream.connected);
      lock.tell({ connected: true, seenUpTo });
      await waitUntil(() => upstream.connected);
      lock.release();
      // What can't be written is no fault of the dump's.
      lock.tell({ connected: false, seenUpTo: 1 });
      await waitUntil(() => !upstream.connected);
      assertEquals(upstream.present, true);
    } finally {
      upstream.close();
    }
  });
});
