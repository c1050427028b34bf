import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { binlogd, waitUntil } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { serverTest, startServer } from "../_servers.ts";
import { withSmallDisk } from "../_small_disk.ts";
import { RunningProxy } from "../proxy/_running_proxy.ts";

serverTest("a full disk ends the recording, not the connection", async (kind) => {
  await using server = await startServer(kind);
  await server.sql("CREATE DATABASE k; CREATE TABLE k.t (b longtext)");
  for (let i = 0; i < 4; i++) await server.sql("INSERT INTO k.t VALUES (REPEAT('x', 1000000))");
  await withSmallDisk(2, async (disk) => {
    const capture = `${disk}/c.pcapng`;
    const to = `mysql://127.0.0.1:${server.port}`;
    await using proxy = await RunningProxy.start("--to", to, "--record", capture, "--no-print");
    await withFolder(async (dir) => {
      const options = ["--dir", dir, "--ssl-mode=DISABLED", "--get-server-public-key"];
      const dump = await binlogd(["dump", `mysql://repl@127.0.0.1:${proxy.port}`, ...options]);
      assertEquals(dump.code, 0, dump.stderr);
    });
    await waitUntil(() => proxy.log.includes("recording has stopped"), 60_000, () => proxy.log);
    assertStringIncludes(proxy.log, "No space left");
    assertEquals(proxy.log.split("recording has stopped").length, 2, proxy.log);
    assertEquals(await proxy.stop(), 6);
    // What was recorded until then is whole, but for the block that met the end of the disk.
    const read = await binlogd(["proxy", "--read", capture]);
    assert(read.code === 0 || read.code === 3, read.stderr);
    assertStringIncludes(read.stdout, "COM_BINLOG_DUMP");
    assertStringIncludes(read.stdout, "WRITE_ROWS_EVENT");
  });
}, ["mysql97", "mariadb118"]);
