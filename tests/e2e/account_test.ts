import { assertEquals, assertStringIncludes } from "@std/assert";
import { binlogd, sourceUrl } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { serverTest, startServer } from "../_servers.ts";

serverTest("an account that is locked or expired is named with what to do", async (kind) => {
  await using server = await startServer(kind);
  const cases: [string, string, string[]][] = [
    ["locked", "ACCOUNT LOCK", ["is locked", "ACCOUNT UNLOCK"]],
    ["expired", "PASSWORD EXPIRE", ["expired", "password"]],
  ];
  for (const [user, how, said] of cases) {
    await server.sql(
      `SET sql_log_bin=0; CREATE USER ${user}@'127.0.0.1' IDENTIFIED BY 'secret' ${how}; ` +
        `GRANT REPLICATION SLAVE ON *.* TO ${user}@'127.0.0.1'`,
    );
    await withFolder(async (dir) => {
      const url = sourceUrl(server, user);
      const run = await binlogd(["dump", url, "--get-server-public-key", "--dir", dir]);
      assertEquals(run.code, 5, run.stderr);
      for (const text of said) assertStringIncludes(run.stderr, text);
      assertStringIncludes(run.stderr, "Try: ");
    });
  }
});
