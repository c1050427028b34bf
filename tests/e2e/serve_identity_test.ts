/** Who binlogd says it is, to clients and real replicas, and what folders it serves. */
import { assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { binlogd, sourceUrl, waitUntil } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { type RealServer, serverTest, startServer } from "../_servers.ts";
import { connect } from "../server/_local.ts";
import {
  replicaStatus,
  replicateFrom,
  sameTables,
  serve,
  type Serving,
  writeUsers,
} from "../server/_serving.ts";

const TABLE = "CREATE DATABASE d; CREATE TABLE d.t (a int); INSERT INTO d.t VALUES (1)";

/** server_id and server_uuid as a client and as a replica see them. */
async function shown(
  serving: Serving,
  source: RealServer,
  replica: RealServer,
): Promise<[string, string][]> {
  const mysql = source.flavour === "mysql";
  await replicateFrom(replica, { port: serving.port });
  await sameTables(source, replica);
  // Tables that were the same before say nothing of a connection; in this state it knows its source.
  let status = new Map<string, string>();
  await waitUntil(
    async () => {
      status = await replicaStatus(replica);
      return /^Waiting for (source|master) to send event/.test(
        status.get("Replica_IO_State") ?? "",
      );
    },
    60_000,
    () => JSON.stringify([...status]),
  );
  const client = await connect(serving, { user: "native" });
  const id = await client.queryValue("SELECT @@server_id");
  const uuid = mysql ? await client.queryValue("SELECT @@server_uuid") : "";
  const { rows } = await client.query("SHOW VARIABLES LIKE 'server_id'");
  assertEquals(rows, [["server_id", id]]);
  client.close();
  return [
    [String(id), String(uuid)],
    [status.get("Source_Server_Id")!, mysql ? status.get("Source_UUID")! : ""],
  ];
}

serverTest("--present-as=source shows the source's server_id and server_uuid", async (kind) => {
  await using source = await startServer(kind, { serverId: 4711 });
  await using replica = await startServer(kind, { serverId: 2 });
  const uuid = source.flavour === "mysql" ? (await source.sql("SELECT @@server_uuid")).trim() : "";
  await withFolder(async (dir) => {
    const users = await writeUsers(dir);
    await source.sql(TABLE);
    assertEquals((await binlogd(["dump", sourceUrl(source), "--dir", `${dir}/s`])).code, 0);
    {
      await using serving = await serve(`${dir}/s`, users, ["--present-as=source"]);
      const [client, seen] = await shown(serving, source, replica);
      assertEquals([client, seen], [["4711", uuid], ["4711", uuid]]);
    }
    await using serving = await serve(`${dir}/s`, users);
    const [client, seen] = await shown(serving, source, replica);
    assertEquals(seen, client);
    assertNotEquals(client![0], "4711");
    if (uuid !== "") assertNotEquals(client![1], uuid);
    // Plain files do not know their source.
    await Deno.mkdir(`${dir}/plain`);
    for (const file of await source.binlogFiles()) {
      await Deno.copyFile(`${source.binlogDir}/${file}`, `${dir}/plain/${file}`);
    }
    const refused = await binlogd(
      ["serve", "--dir", `${dir}/plain`, "--users", users, "--present-as=source"],
    );
    assertEquals(refused.code, 2, refused.stderr);
    assertStringIncludes(refused.stderr, "does not know");
  });
});

serverTest(
  "the folder of a running server is served as it grows, and the source from it",
  async (kind) => {
    const config = ["sync-binlog=1"];
    await using source = await startServer(kind, { config });
    await using replica = await startServer(kind, { serverId: 2 });
    await withFolder(async (dir) => {
      const users = await writeUsers(dir);
      await source.sql(TABLE);
      await using serving = await serve(source.binlogDir, users);
      await replicateFrom(replica, { port: serving.port });
      await sameTables(source, replica);
      for (let i = 0; i < 3; i++) {
        await source.sql(
          `INSERT INTO d.t VALUES (${i}); FLUSH BINARY LOGS; DELETE FROM d.t LIMIT 1`,
        );
        await sameTables(source, replica);
      }
      // Its server_id is not the source's, so that a source can be built again from its own files.
      await using rebuilt = await startServer(kind, { serverId: 1 });
      await replicateFrom(rebuilt, { port: serving.port });
      await waitUntil(async () =>
        (await replicaStatus(rebuilt)).get("Replica_IO_Running") === "Yes"
      );
      assertEquals((await replicaStatus(rebuilt)).get("Last_IO_Error"), "");
    });
  },
);
