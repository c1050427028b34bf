/** What a source refuses, and what binlogd says about it. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { binlogd, caughtUp, RunningBinlogd, sourceUrl } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { serverTest, startServer } from "../_servers.ts";

serverTest("a twin that takes our identity is named, and who has to do what", async (kind) => {
  await using server = await startServer(kind);
  await withFolder(async (dir) => {
    const args = (name: string): string[] => [
      "dump",
      sourceUrl(server),
      "--dir",
      `${dir}/${name}`,
      "--follow",
      "--server-id=4242",
    ];
    const first = new RunningBinlogd(args("a"));
    try {
      await first.until(() => caughtUp(server, `${dir}/a`));
      await Deno.mkdir(`${dir}/b`);
      await Deno.copyFile(`${dir}/a/binlogd.identity.json`, `${dir}/b/binlogd.identity.json`);
      const second = new RunningBinlogd(args("b"));
      try {
        await second.until(() => caughtUp(server, `${dir}/b`));
        await server.sql("CREATE DATABASE twin");
        await first.until(() => first.log.includes("another client with our server_id or UUID"));
      } finally {
        await second.stop();
      }
      // Once the twin is gone the first one goes on.
      await first.until(() => caughtUp(server, `${dir}/a`), 60_000);
    } finally {
      assertEquals((await first.stop()).code, 0);
    }
  });
});

serverTest(
  "a host that is not allowed, and a privilege that is missing, are named",
  async (kind) => {
    await using server = await startServer(kind);
    await server.sql(
      "SET sql_log_bin=0; CREATE USER elsewhere@'10.1.2.3' IDENTIFIED BY 'secret'; " +
        "CREATE USER bare@'127.0.0.1' IDENTIFIED BY 'secret';",
    );
    await withFolder(async (dir) => {
      const elsewhere = await binlogd(["dump", sourceUrl(server, "elsewhere"), "--dir", dir]);
      assertEquals(elsewhere.code, 5, elsewhere.stderr);
      assertStringIncludes(elsewhere.stderr, "host");
      const bare = await binlogd(["dump", sourceUrl(server, "bare"), "--dir", dir]);
      assertEquals(bare.code, 5, bare.stderr);
      assertStringIncludes(bare.stderr, "GRANT REPLICATION SLAVE ON *.* TO 'bare'@'127.0.0.1'");
      const wrong = await binlogd(["dump", sourceUrl(server), "--dir", dir], {
        MYSQL_PWD: "wrong",
      });
      assertEquals(wrong.code, 5, wrong.stderr);
      assertStringIncludes(wrong.stderr, "refuses the login of repl");
    });
  },
);

serverTest("a source without a binary log is told how to get one", async (kind) => {
  const off = kind === "mysql97" ? ["skip-log-bin", "gtid-mode=OFF"] : ["skip-log-bin"];
  await using server = await startServer(kind, { config: off });
  await withFolder(async (dir) => {
    const run = await binlogd(["dump", sourceUrl(server), "--dir", dir]);
    assertEquals(run.code, 5, run.stderr);
    assertStringIncludes(run.stderr, "log_bin");
  });
});
