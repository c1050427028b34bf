import { fetchServer } from "./fetch.ts";
import { execText as runProgram } from "./exec.ts";
import { KINDS, type KindSpec, type ServerKind } from "./kinds.ts";
import { prepareDataFolder } from "./data_folder.ts";
import { reservePort } from "./reserve_port.ts";

/** Settings of {@link RealServer.start}. */
export interface ServerOptions {
  /** More lines for the option file's [mysqld] group. */
  config?: string[];
  /** Load and enable the semi-sync source side. */
  semiSync?: boolean;
  /** Certificate and key for MariaDB 10.11, which has none of its own. */
  tls?: { cert: string; key: string; ca?: string };
  serverId?: number;
  /** A server program to run instead of the one that was fetched. */
  program?: string | undefined;
  /** Folder for everything; a scratch folder by default. */
  folder?: string;
}

const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 60_000;
const running = new Set<RealServer>();
globalThis.addEventListener("unload", () => {
  for (const server of running) server.killNow();
});

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A real MySQL or MariaDB server in a scratch folder, on loopback, ended by its process id. */
export class RealServer {
  readonly kind: ServerKind;
  readonly flavour: "mysql" | "mariadb";
  readonly folder: string;
  readonly host = "127.0.0.1";
  readonly port: number;
  readonly socket: string;
  readonly binlogDir: string;
  readonly binlogBase = "binlog";
  /** The server's own mysqlbinlog or mariadb-binlog, and its command line client. */
  readonly mysqlbinlog: string;
  readonly client: string;
  readonly #spec: KindSpec;
  readonly #root: string;
  readonly #ownFolder: boolean;
  readonly #program: string;
  readonly #reserved = reservePort();
  #child: Deno.ChildProcess | undefined;
  #ended: Promise<unknown> | undefined;

  private constructor(spec: KindSpec, root: string, folder: string, options: ServerOptions) {
    this.kind = spec.kind;
    this.flavour = spec.flavour;
    this.#spec = spec;
    this.#root = root;
    this.folder = folder;
    this.#ownFolder = options.folder === undefined;
    this.#program = options.program ?? `${root}/${spec.server}`;
    this.port = this.#reserved.addr.port;
    this.socket = `${folder}/s`;
    this.binlogDir = `${folder}/binlog`;
    this.mysqlbinlog = `${root}/${spec.binlogTool}`;
    this.client = `${root}/${spec.client}`;
  }

  /** Fetches the server if need be, and starts it with an empty database and its accounts. */
  static async start(kind: ServerKind, options: ServerOptions = {}): Promise<RealServer> {
    const spec = KINDS[kind];
    const root = (await fetchServer(kind)).root;
    const folder = options.folder ?? await Deno.makeTempDir({ prefix: `binlogd-${kind}-` });
    const server = new RealServer(spec, root, folder, options);
    await Deno.mkdir(server.binlogDir, { recursive: true });
    await prepareDataFolder(spec, root, `${folder}/data`);
    await Deno.writeTextFile(`${folder}/my.cnf`, server.#config(options));
    await server.launch();
    await server.sql(server.#accounts());
    return server;
  }

  #config(options: ServerOptions): string {
    const root = this.#root;
    const lines = [
      "[mysqld]",
      "user=root",
      `basedir=${root}/usr`,
      `datadir=${this.folder}/data`,
      `socket=${this.socket}`,
      `port=${this.port}`,
      "bind-address=127.0.0.1,::1",
      `pid-file=${this.folder}/pid`,
      `log-error=${this.folder}/error.log`,
      `lc-messages-dir=${root}/${this.#spec.share}`,
      `character-sets-dir=${root}/${this.#spec.share}/charsets`,
      `plugin-dir=${root}/usr/lib/mysql/plugin`,
      `log-bin=${this.binlogDir}/${this.binlogBase}`,
      `server-id=${options.serverId ?? 1}`,
      "sync-binlog=0",
      "innodb-flush-log-at-trx-commit=0",
      "innodb-buffer-pool-size=64M",
      "max-allowed-packet=1G",
      "performance-schema=OFF",
      "skip-name-resolve",
    ];
    if (this.flavour === "mysql") {
      lines.push("secure-file-priv=", "mysqlx=OFF", "gtid-mode=ON");
      lines.push("enforce-gtid-consistency=ON", "innodb-redo-log-capacity=256M");
      if (options.semiSync) {
        lines.push("plugin-load-add=semisync_source.so", "plugin-load-add=semisync_replica.so");
        lines.push("loose-rpl_semi_sync_source_enabled=ON");
      }
    } else {
      lines.push("binlog-format=ROW", "binlog-checksum=CRC32", "innodb-log-file-size=256M");
      lines.push("innodb-use-native-aio=OFF");
      if (options.semiSync) lines.push("rpl_semi_sync_master_enabled=ON");
    }
    if (options.tls) {
      lines.push(`ssl-cert=${options.tls.cert}`, `ssl-key=${options.tls.key}`);
      if (options.tls.ca) lines.push(`ssl-ca=${options.tls.ca}`);
    }
    return [...lines, ...(options.config ?? []), ""].join("\n");
  }

  #accounts(): string {
    const monitor = this.flavour === "mysql" ? "REPLICATION CLIENT" : "BINLOG MONITOR";
    const hosts = ["127.0.0.1", "localhost", "::1"];
    return "SET sql_log_bin=0;\n" + hosts.map((host) => `
      CREATE USER repl@'${host}' IDENTIFIED BY 'secret';
      GRANT REPLICATION SLAVE ON *.* TO repl@'${host}';
      CREATE USER monitor@'${host}' IDENTIFIED BY 'secret';
      GRANT REPLICATION SLAVE, ${monitor} ON *.* TO monitor@'${host}';
      CREATE USER admin@'${host}' IDENTIFIED BY 'secret';
      GRANT ALL ON *.* TO admin@'${host}' WITH GRANT OPTION;`).join("\n");
  }

  /** Starts the process on the folder as it is, and waits until it answers. */
  async launch(): Promise<void> {
    const child = new Deno.Command(this.#program, {
      args: [`--defaults-file=${this.folder}/my.cnf`],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    this.#child = child;
    running.add(this);
    let over = false;
    this.#ended = child.status.then(() => {
      over = true;
      running.delete(this);
    });
    for (const start = Date.now(); Date.now() - start < START_LIMIT_MS; await delay(60)) {
      if (over) break;
      if (await this.sql("SELECT 1").then(() => true, () => false)) return;
    }
    const log = await Deno.readTextFile(`${this.folder}/error.log`).catch(() => "no error log");
    await this.kill9();
    throw new Error(`${this.kind} did not start: ${log.slice(-2000)}`);
  }

  get pid(): number {
    return this.#child!.pid;
  }

  /** Runs statements as root over the socket; the answer is tab-separated lines without names. */
  async sql(statements: string | Uint8Array): Promise<string> {
    return await runProgram(this.client, [
      "--no-defaults",
      "--user=root",
      `--socket=${this.socket}`,
      "--batch",
      "--skip-column-names",
      "--binary-mode",
      "--max-allowed-packet=1G",
      "--default-character-set=utf8mb4",
    ], { stdin: statements, env: { MYSQL_PWD: "" } });
  }

  /** Runs the server's mysqlbinlog; returns what it prints. */
  async runBinlogTool(args: string[], cwd?: string): Promise<string> {
    return await runProgram(this.mysqlbinlog, ["--no-defaults", ...args], cwd ? { cwd } : {});
  }

  /** Names of the binlog files in order, from the index file. */
  async binlogFiles(): Promise<string[]> {
    const text = await Deno.readTextFile(`${this.binlogDir}/${this.binlogBase}.index`);
    return text.split("\n").filter((line) => line !== "").map((line) => line.split("/").pop()!);
  }

  /** Newest file and its end, as the server says. */
  async binlogEnd(): Promise<{ file: string; position: number }> {
    const statement = this.flavour === "mysql" ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS";
    const [file, position] = (await this.sql(statement)).split("\t");
    return { file: file!, position: Number(position) };
  }

  /** SIGKILL, for servers that have to go at once. */
  killNow(): void {
    try {
      this.#child?.kill("SIGKILL");
    } catch {
      // gone already
    }
  }

  /** Ends the process with SIGKILL and waits until it is gone. */
  async kill9(): Promise<void> {
    this.killNow();
    await this.#ended;
  }

  /** Clean shutdown; the folder stays. */
  async shutdown(): Promise<void> {
    try {
      this.#child?.kill("SIGTERM");
    } catch {
      return;
    }
    const timer = setTimeout(() => this.killNow(), STOP_LIMIT_MS);
    await this.#ended;
    clearTimeout(timer);
  }

  /** Clean restart on the same folder and port. */
  async restart(): Promise<void> {
    await this.shutdown();
    await this.launch();
  }

  /** Ends the server and removes its scratch folder. */
  async stop(): Promise<void> {
    await this.kill9();
    this.#reserved[Symbol.dispose]();
    if (this.#ownFolder) await Deno.remove(this.folder, { recursive: true }).catch(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
