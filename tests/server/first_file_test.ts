import { assertEquals, assertRejects } from "@std/assert";
import { ConnectionError } from "../../lib/errors.ts";
import type { BinlogCatalog } from "../../lib/server/binlog_catalog.ts";
import { waitForFirstFile } from "../../lib/server/first_file.ts";
import { connect, withServer, writeFiles } from "./_local.ts";

Deno.test("a greeting waits for the first file of a source that is there", async () => {
  const upstream = { present: true, connected: true, seenUpTo: 0 };
  await withServer(() => Promise.resolve(), async (server, dir) => {
    const login = connect(server);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const [first] = await writeFiles(dir);
    const connection = await login;
    assertEquals(connection.info.serverVersion, "9.7.4");
    const rows = await connection.query("SELECT @@version");
    assertEquals(rows.rows[0]![0], "9.7.4");
    assertEquals(first!.name, "binlog.000001");
    connection.close();
  }, { upstream });
});

Deno.test("where none has come a replica is told so, and comes again", async () => {
  const upstream = { present: true, connected: false, seenUpTo: 0 };
  await withServer(() => Promise.resolve(), async (server) => {
    const error = await assertRejects(() => connect(server), ConnectionError, "no binlog file yet");
    assertEquals(error.details.code, 1053);
  }, { upstream });
});

Deno.test("a file that is damaged is not waited for", async () => {
  const stop = new AbortController();
  let looks = 0;
  const catalog = {
    files: ["binlog.000001"],
    head: () => {
      throw new Error("damaged");
    },
    refresh: () => {
      if (++looks === 3) stop.abort();
      return Promise.resolve();
    },
  } as unknown as BinlogCatalog;
  const upstream = { present: true, connected: true, seenUpTo: 0 };
  assertEquals(await waitForFirstFile(catalog, upstream, 60_000, stop.signal), true);
  assertEquals(looks, 0);
});
