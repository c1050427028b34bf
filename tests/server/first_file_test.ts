import { assertEquals } from "@std/assert";
import { connect, withServer, writeFiles } from "./_local.ts";

Deno.test("a greeting waits for the first file of a source that is there", async () => {
  const upstream = { present: true, connected: true };
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
