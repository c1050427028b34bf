import type { AccountPlugin, Privilege } from "../../lib/server/account.ts";
import { hashPassword } from "../../lib/server/password_hash.ts";
import { writeUsersFile } from "../../lib/server/users_file.ts";
import { RunningBinlogd, waitUntil } from "../_binlogd.ts";
import type { RealServer } from "../_servers.ts";

const ACCOUNTS: [name: string, plugin: AccountPlugin, may: Privilege[]][] = [
  ["repl", "caching_sha2_password", ["replicate"]],
  ["native", "mysql_native_password", ["replicate"]],
  ["ed", "ed25519", ["replicate"]],
  ["monitor", "caching_sha2_password", ["monitor"]],
  ["nmonitor", "mysql_native_password", ["monitor", "replicate"]],
  ["nothing", "mysql_native_password", []],
  ["admin", "mysql_native_password", ["admin"]],
  ["boss", "caching_sha2_password", ["admin"]],
];

/** Writes accounts of every kind, all with the password `secret`; returns the users file. */
export async function writeUsers(dir: string): Promise<string> {
  const path = `${dir}/users.toml`;
  const accounts = [];
  for (const [name, plugin, may] of ACCOUNTS) {
    const passwordHash = await hashPassword(plugin, "secret");
    accounts.push({ name, host: "%", may, plugin, passwordHash });
  }
  await writeUsersFile(path, accounts);
  return path;
}

/** A `binlogd serve` or `run` at work, and the port it listens on. */
export interface Serving extends AsyncDisposable {
  port: number;
  program: RunningBinlogd;
}

async function listening(program: RunningBinlogd): Promise<Serving> {
  const pattern = /serving .*listen=\S+:(\d+)/;
  await program.until(() => pattern.test(program.log));
  return {
    port: Number(pattern.exec(program.log)![1]),
    program,
    [Symbol.asyncDispose]: async () => void await program.stop(),
  };
}

/** Starts `binlogd serve` on a folder, with the accounts of {@link writeUsers} beside it. */
export async function serve(dir: string, users: string, args: string[] = []): Promise<Serving> {
  const listen = args.some((word) => word.startsWith("--listen")) ? [] : ["--listen=127.0.0.1:0"];
  const words = ["serve", "--dir", dir, "--users", users, ...listen, ...args];
  return await listening(new RunningBinlogd(words));
}

/** Starts `binlogd run` for a source. */
export async function run(
  url: string,
  dir: string,
  users: string,
  args: string[] = [],
): Promise<Serving> {
  const words = ["run", url, "--dir", dir, "--users", users, "--listen", "127.0.0.1:0", ...args];
  return await listening(new RunningBinlogd(words));
}

/** How a replica is pointed at a server. */
export interface Pointing {
  port: number;
  /** Undefined: by GTID. */
  file?: string;
  position?: number;
  tls?: boolean;
  user?: string;
}

/** Points a real server at another one, or at binlogd, and starts replication. */
export async function replicateFrom(replica: RealServer, to: Pointing): Promise<void> {
  const mysql = replica.flavour === "mysql";
  const user = to.user ?? (mysql ? "repl" : "native");
  const place = to.file === undefined
    ? mysql ? "SOURCE_AUTO_POSITION=1" : "MASTER_USE_GTID=slave_pos"
    : mysql
    ? `SOURCE_AUTO_POSITION=0, SOURCE_LOG_FILE='${to.file}', SOURCE_LOG_POS=${to.position ?? 4}`
    : `MASTER_USE_GTID=no, MASTER_LOG_FILE='${to.file}', MASTER_LOG_POS=${to.position ?? 4}`;
  const tls = to.tls ? 1 : 0;
  await replica.sql(
    mysql
      ? `STOP REPLICA; CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=${to.port},
         SOURCE_USER='${user}', SOURCE_PASSWORD='secret', SOURCE_CONNECT_RETRY=1,
         SOURCE_RETRY_COUNT=1000, SOURCE_HEARTBEAT_PERIOD=1, SOURCE_SSL=${tls},
         GET_SOURCE_PUBLIC_KEY=1, ${place}; START REPLICA;`
      : `STOP SLAVE; CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=${to.port},
         MASTER_USER='${user}', MASTER_PASSWORD='secret', MASTER_CONNECT_RETRY=1,
         MASTER_HEARTBEAT_PERIOD=1, MASTER_SSL=${tls}, MASTER_SSL_VERIFY_SERVER_CERT=0, ${place};
         START SLAVE;`,
  );
}

/** Stops replication. */
export async function stopReplica(replica: RealServer): Promise<void> {
  await replica.sql(replica.flavour === "mysql" ? "STOP REPLICA" : "STOP SLAVE");
}

/** Fields of SHOW REPLICA STATUS by name. */
export async function replicaStatus(replica: RealServer): Promise<Map<string, string>> {
  const statement = replica.flavour === "mysql" ? "SHOW REPLICA STATUS" : "SHOW SLAVE STATUS";
  const { stdout } = await new Deno.Command(replica.client, {
    args: ["--no-defaults", "-uroot", `--socket=${replica.socket}`, "--vertical", "-e", statement],
  }).output();
  const text = new TextDecoder().decode(stdout);
  const fields = new Map<string, string>();
  for (const line of text.split("\n")) {
    const match = /^\s*(\w+): (.*)$/.exec(line);
    if (match) {
      fields.set(match[1]!.replace(/Slave|Master/g, (word) => NEW_WORDS[word]!), match[2]!);
    }
  }
  return fields;
}

const NEW_WORDS: Record<string, string> = { Slave: "Replica", Master: "Source" };

/** Checksums of all tables of the test databases. */
export async function tableChecksums(server: RealServer): Promise<string> {
  const tables = (await server.sql(
    `SELECT CONCAT('\`', table_schema, '\`.\`', table_name, '\`') FROM information_schema.tables
     WHERE table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
     ORDER BY 1`,
  )).split("\n").filter((line) => line !== "");
  if (tables.length === 0) return "";
  return await server.sql(`CHECKSUM TABLE ${tables.join(", ")}`);
}

/** Waits until the replica has applied all that the source has, and their tables are equal. */
export async function sameTables(
  source: RealServer,
  replica: RealServer,
  limitMs = 120_000,
): Promise<void> {
  const wanted = await tableChecksums(source);
  if (wanted === "") throw new Error("the source has no tables");
  let last = "";
  let errors: string[] = [];
  await waitUntil(
    async () => {
      last = await tableChecksums(replica).catch((error) => String(error));
      if (last === wanted) return true;
      const status = await replicaStatus(replica);
      errors = ["Last_IO_Error", "Last_SQL_Error"].flatMap((name) => status.get(name) || []);
      const running = ["Replica_IO_Running", "Replica_SQL_Running"].map((name) => status.get(name));
      if (running.includes("No") && errors.length > 0) {
        throw new Error(`replication stopped: ${errors.join("; ")}`);
      }
      return false;
    },
    limitMs,
    () => `${errors.join("; ")}; replica has\n${last}\nsource has\n${wanted}`,
  );
}
