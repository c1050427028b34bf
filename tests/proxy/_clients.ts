import { exec, type ExecResult } from "../../scripts/testbed/exec.ts";
import { waitUntil } from "../_binlogd.ts";
import type { RealServer } from "../_servers.ts";

/** Who logs in, and how. */
export interface ClientLogin {
  user?: string;
  password?: string;
  port: number;
  /** Let the client use TLS as it likes to. */
  tls?: boolean;
  /** The client asks for compression. */
  compression?: "zlib" | "zstd";
}

/** Runs statements with the server's own client over TCP; does not mind errors. */
export function runClient(
  server: RealServer,
  statements: string,
  login: ClientLogin,
): Promise<ExecResult> {
  const { user = "admin", password = "secret", port, tls = false, compression } = login;
  const plain = server.flavour === "mysql"
    ? ["--ssl-mode=DISABLED", "--get-server-public-key"]
    : ["--skip-ssl"];
  return exec(server.client, [
    "--no-defaults",
    "--host=127.0.0.1",
    "--protocol=TCP",
    `--port=${port}`,
    `--user=${user}`,
    // MariaDB's plugins other than native do not see MYSQL_PWD.
    `--password=${password}`,
    "--force",
    "--table",
    ...(tls ? [] : plain),
    ...(compression === undefined
      ? []
      : server.flavour === "mysql"
      ? [`--compression-algorithms=${compression}`]
      : ["--compress"]),
  ], { stdin: statements, check: false });
}

/** Statements that make `replica` follow the source behind `port`, by GTID, without TLS. */
export function followStatements(replica: RealServer, port: number): string {
  return replica.flavour === "mysql"
    ? `CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=${port}, ` +
      "SOURCE_USER='repl', SOURCE_PASSWORD='secret', SOURCE_AUTO_POSITION=1, SOURCE_SSL=0, " +
      "GET_SOURCE_PUBLIC_KEY=1, SOURCE_HEARTBEAT_PERIOD=1; START REPLICA;"
    : `CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=${port}, MASTER_USER='repl', ` +
      "MASTER_PASSWORD='secret', MASTER_USE_GTID=slave_pos, MASTER_SSL=0, " +
      "MASTER_HEARTBEAT_PERIOD=1; START SLAVE;";
}

/** Configuration of a server that is to be a semi-sync replica. */
export function replicaConfig(flavour: "mysql" | "mariadb"): string[] {
  return flavour === "mysql"
    ? ["loose-rpl_semi_sync_replica_enabled=ON", "skip-replica-start=ON"]
    : ["rpl_semi_sync_slave_enabled=ON", "skip-slave-start=ON"];
}

/** Waits until a query on `server` gives `expected`. */
export async function untilAnswer(
  server: RealServer,
  query: string,
  expected: string,
): Promise<void> {
  let found = "";
  await waitUntil(
    async () => {
      found = (await server.sql(query).catch((error) => String(error))).trim();
      return found === expected;
    },
    60_000,
    () => `${query} gives ${found}`,
  );
}
