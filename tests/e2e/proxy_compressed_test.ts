import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { binlogd } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { serverTest, startServer } from "../_servers.ts";
import { runClient } from "../proxy/_clients.ts";
import { RunningProxy } from "../proxy/_running_proxy.ts";

serverTest("a compressed conversation is printed, recorded and read again", async (kind) => {
  await using server = await startServer(kind);
  const statements = "SELECT REPEAT('x', 100000) AS big; " +
    "ALTER USER nobody IDENTIFIED BY 'hunter2'; SELECT 1 AS last";
  const target = `mysql://127.0.0.1:${server.port}`;
  for (const compression of ["zlib", "zstd"] as const) {
    if (compression === "zstd" && kind !== "mysql97") continue;
    await withFolder(async (dir) => {
      const capture = `${dir}/c.pcapng`;
      await using proxy = await RunningProxy.start("--to", target, "--record", capture);
      const answer = await runClient(server, statements, { port: proxy.port, compression });
      assertStringIncludes(new TextDecoder().decode(answer.stdout), "last");
      const run = await binlogd([
        "dump",
        `mysql://repl@127.0.0.1:${proxy.port}`,
        "--ssl-mode=DISABLED",
        "--get-server-public-key",
        "--compression-algorithms=zlib",
        "--dir",
        `${dir}/store`,
      ]);
      assertEquals(run.code, 0, run.stderr);
      await proxy.printed("COM_BINLOG_DUMP");
      await proxy.printed("FORMAT_DESCRIPTION_EVENT");
      await proxy.stop();
      const read = await binlogd(["proxy", "--read", capture]);
      assertEquals(read.code, 0, read.stderr);
      for (const text of [proxy.output, read.stdout]) {
        for (const expected of ["IDENTIFIED BY '*******'", "SELECT 1 AS last", "| last |"]) {
          assertStringIncludes(text, expected);
        }
        assert(!/hunter2|can't be read|passed through|unreadable/.test(text), text);
      }
    });
  }
});
