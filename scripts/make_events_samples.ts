/** Makes testdata/events anew with real servers; see the README there. */
import { rowsWorkload } from "../tests/e2e/_events_workload.ts";
import { KINDS_HERE, type RealServer, startServer } from "../tests/_servers.ts";
import { mixedWorkload } from "../tests/_workload.ts";

const FOLDER = new URL("../testdata/events/", import.meta.url).pathname;
const LARGEST = 300;
const RELAY_WAIT_MS = 3000;

/** A relay log of a replica of the same kind: rows, and the source's rotate events. */
async function makeRelayLog(source: RealServer): Promise<void> {
  await using replica = await startServer(source.kind, { serverId: 2 });
  await source.sql("CREATE DATABASE d; CREATE TABLE d.t (a int primary key)");
  const { port, flavour } = source;
  await replica.sql(
    flavour === "mysql"
      ? `CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=${port},
SOURCE_USER='repl', SOURCE_PASSWORD='secret', SOURCE_AUTO_POSITION=1, GET_SOURCE_PUBLIC_KEY=1;
START REPLICA SQL_THREAD; STOP REPLICA SQL_THREAD; START REPLICA IO_THREAD`
      : `CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=${port}, MASTER_USER='repl',
MASTER_PASSWORD='secret', MASTER_USE_GTID=slave_pos; START SLAVE IO_THREAD`,
  );
  await source.sql("INSERT INTO d.t VALUES (1),(2); UPDATE d.t SET a=3 WHERE a=2");
  await new Promise((resolve) => setTimeout(resolve, RELAY_WAIT_MS));
  for await (const { name } of Deno.readDir(`${replica.folder}/data`)) {
    if (!name.endsWith("relay-bin.000002")) continue;
    const bytes = await Deno.readFile(`${replica.folder}/data/${name}`);
    await Deno.writeFile(`${FOLDER}${source.kind}-relay.binlog`, bytes);
  }
}

for (const kind of KINDS_HERE) {
  await using server = await startServer(kind);
  await rowsWorkload(server, LARGEST);
  await mixedWorkload(server, { rounds: 1, small: true });
  const [rows, mixed] = await server.binlogFiles();
  for (const [name, file] of [["rows", rows], ["mixed", mixed]]) {
    const bytes = await Deno.readFile(`${server.binlogDir}/${file}`);
    await Deno.writeFile(`${FOLDER}${kind}-${name}.binlog`, bytes);
  }
  if (kind === "mariadb1011") continue;
  await using source = await startServer(kind);
  await makeRelayLog(source);
}
