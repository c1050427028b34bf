/**
 * Makes testdata/captures: conversations of real servers with real replicas and clients, recorded
 * by `binlogd proxy --record`. Run it when a server is added: `deno run -A scripts/make_captures.ts
 * [NAME…]`.
 */
import { binlogd } from "../tests/_binlogd.ts";
import {
  followStatements,
  replicaConfig,
  runClient,
  untilAnswer,
} from "../tests/proxy/_clients.ts";
import { RunningProxy } from "../tests/proxy/_running_proxy.ts";
import { exec } from "./testbed/exec.ts";
import type { ServerKind } from "./testbed/kinds.ts";
import { RealServer } from "./testbed/server.ts";

const FOLDER = new URL("../testdata/captures", import.meta.url).pathname;

const TABLE = "CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY, item TEXT);";

/** Records what `work` does through a proxy before `server`. */
async function record(
  name: string,
  server: RealServer,
  work: (proxy: RunningProxy) => Promise<void>,
): Promise<void> {
  const path = `${FOLDER}/${name}.pcapng`;
  await Deno.mkdir(FOLDER, { recursive: true });
  await Deno.remove(path).catch(() => {});
  const proxy = await RunningProxy.start("--to", `127.0.0.1:${server.port}`, "--record", path);
  try {
    await work(proxy);
  } finally {
    await proxy.stop();
  }
  // Captures are published with the project: anyone may read them.
  await Deno.chmod(path, 0o644);
  const { size } = await Deno.stat(path);
  Deno.stderr.writeSync(new TextEncoder().encode(`${name}: ${size} bytes\n`));
}

/** A replica of the same kind starts, follows by GTID with semi-sync, and stops. */
async function replicaStart(kind: ServerKind): Promise<void> {
  await using source = await RealServer.start(kind, { semiSync: true });
  await using replica = await RealServer.start(kind, {
    semiSync: true,
    serverId: 2,
    config: replicaConfig(source.flavour),
  });
  await source.sql(`${TABLE} INSERT INTO shop.orders VALUES (1, 'tea'), (2, 'coffee');`);
  await record(`${kind}-replica`, source, async (proxy) => {
    await replica.sql(followStatements(replica, proxy.port));
    await untilAnswer(replica, "SELECT COUNT(*) FROM shop.orders", "2");
    await proxy.printed(/HEARTBEAT/);
    await source.sql("INSERT INTO shop.orders VALUES (3, 'milk');");
    await proxy.printed(/semi-sync ACK/);
    await source.sql("UPDATE shop.orders SET item = 'oat milk' WHERE id = 3; FLUSH BINARY LOGS;");
    await source.sql("DELETE FROM shop.orders WHERE id = 1;");
    await untilAnswer(replica, "SELECT COUNT(*) FROM shop.orders", "2");
    await proxy.printed(/semi-sync ACK binlog\.000002/);
    await replica.sql(replica.flavour === "mysql" ? "STOP REPLICA" : "STOP SLAVE");
    await proxy.printed(/closed/);
  });
}

/** A whole `binlogd dump`; returns its exit status. */
async function dumpOnce(user: string, password: string, port: number): Promise<number> {
  const folder = await Deno.makeTempDir({ prefix: "binlogd-captures-" });
  try {
    const url = `mysql://${user}@127.0.0.1:${port}`;
    const plain = ["--ssl-mode=DISABLED", "--get-server-public-key"];
    return (await binlogd(["dump", url, "--dir", folder, ...plain], { MYSQL_PWD: password })).code;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** binlogd itself and the server's own dump tool, by file and position. */
async function tools(kind: ServerKind): Promise<void> {
  await using source = await RealServer.start(kind, { semiSync: true });
  await source.sql(`${TABLE} INSERT INTO shop.orders VALUES (1, 'tea');`);
  await record(`${kind}-dump`, source, async (proxy) => {
    await exec(source.mysqlbinlog, [
      "--no-defaults",
      "--read-from-remote-server",
      "--host=127.0.0.1",
      `--port=${proxy.port}`,
      "--user=repl",
      ...(source.flavour === "mysql"
        ? ["--ssl-mode=DISABLED", "--get-server-public-key"]
        : ["--skip-ssl"]),
      "binlog.000001",
    ], { env: { MYSQL_PWD: "secret" } });
    const code = await dumpOnce("repl", "secret", proxy.port);
    if (code !== 0) throw new Error(`binlogd dump ended with ${code}`);
  });
}

/** Accounts of each plugin, by server: plugin and its CREATE USER clause. */
const PLUGINS: Record<ServerKind, Record<string, string>> = {
  mysql97: {
    caching: "IDENTIFIED WITH caching_sha2_password BY 'secret'",
    sha256: "IDENTIFIED WITH sha256_password BY 'secret'",
  },
  mariadb1011: {
    native: "IDENTIFIED VIA mysql_native_password USING PASSWORD('secret')",
    ed25519: "IDENTIFIED VIA ed25519 USING PASSWORD('secret')",
  },
  mariadb118: {
    native: "IDENTIFIED VIA mysql_native_password USING PASSWORD('secret')",
    ed25519: "IDENTIFIED VIA ed25519 USING PASSWORD('secret')",
    parsec: "IDENTIFIED VIA parsec USING PASSWORD('secret')",
  },
};

/** Logins with each plugin, twice, and refused ones; queries with all kinds of answers. */
async function clients(kind: ServerKind): Promise<void> {
  const plugins = ["auth_ed25519", ...(kind === "mariadb118" ? ["auth_parsec"] : [])];
  await using server = await RealServer.start(kind, {
    config: kind === "mysql97" ? [] : plugins.map((name) => `plugin-load-add=${name}`),
  });
  for (const [user, clause] of Object.entries(PLUGINS[kind])) {
    await server.sql(
      `SET sql_log_bin=0; CREATE USER ${user}@'127.0.0.1' ${clause}; ` +
        `GRANT REPLICATION SLAVE ON *.* TO ${user}@'127.0.0.1';`,
    );
  }
  await record(`${kind}-clients`, server, async (proxy) => {
    const { port } = proxy;
    for (const user of Object.keys(PLUGINS[kind])) {
      for (const password of ["secret", "secret", "wrong"]) {
        // MariaDB's client is found to answer its own plugins with an empty password here.
        if (user === "ed25519" || user === "parsec") await dumpOnce(user, password, port);
        else await runClient(server, "SELECT CURRENT_USER()", { user, password, port });
      }
    }
    await runClient(server, "SELECT 1", { user: "nobody", password: "secret", port });
    await runClient(
      server,
      `${TABLE}
      INSERT INTO shop.orders VALUES (1, 'tea'), (2, NULL);
      SELECT * FROM shop.orders; SELECT nothing; SHOW VARIABLES LIKE 'server_id';
      PREPARE p FROM 'SELECT ? + 1'; SET @a = 41; EXECUTE p USING @a;
      CREATE USER bob IDENTIFIED BY 'hunter2'; SET PASSWORD FOR bob = ${
        server.flavour === "mysql" ? "'hunter3'" : "PASSWORD('hunter3')"
      };
      ALTER USER bob IDENTIFIED BY 'hunter4' oops;
      USE shop; SELECT REPEAT('x', 300) AS wide; DROP USER bob;`,
      { port },
    );
    // A client that begins TLS, of which only the beginning can be read.
    if (kind !== "mariadb1011") await runClient(server, "SELECT 1", { port, tls: true });
  });
}

const CAPTURES: Record<string, () => Promise<void>> = {};
for (const kind of ["mysql97", "mariadb1011", "mariadb118"] as const) {
  CAPTURES[`${kind}-replica`] = () => replicaStart(kind);
  CAPTURES[`${kind}-dump`] = () => tools(kind);
  CAPTURES[`${kind}-clients`] = () => clients(kind);
}
const wanted = Deno.args.length > 0 ? Deno.args : Object.keys(CAPTURES);
for (const name of wanted) {
  const make = CAPTURES[name];
  if (!make) throw new Error(`${name} is none of ${Object.keys(CAPTURES).join(", ")}`);
  await make();
}
