/** The servers that can be fetched and started here. */
export type ServerKind = "mysql97" | "mariadb1011" | "mariadb118";

export type Flavour = "mysql" | "mariadb";

/** Where the packages of a kind come from and where its files lie below the unpacked root. */
export interface KindSpec {
  kind: ServerKind;
  flavour: Flavour;
  label: string;
  /** Debian suite. */
  suite: string;
  /** Whether the suite has a security archive. */
  security: boolean;
  /** Installed with all they depend on. */
  packages: string[];
  /** Unpacked without what they depend on: plugins and tools. */
  barePackages: string[];
  server: string;
  client: string;
  binlogTool: string;
  /** Folder of messages and character sets. */
  share: string;
  plugins: string;
  /** SQL files that make the system tables; empty where the server makes them itself. */
  bootstrap: string[];
}

const MARIADB_PACKAGES = [
  "mariadb-server-core",
  "mariadb-client-core",
  "mariadb-common",
  "openssl",
];

export const KINDS: Record<ServerKind, KindSpec> = {
  mysql97: {
    kind: "mysql97",
    flavour: "mysql",
    label: "MySQL 9.7",
    suite: "sid",
    security: false,
    packages: ["mysql-server-core", "mysql-client-core", "mysql-common", "openssl"],
    barePackages: [],
    server: "usr/sbin/mysqld",
    client: "usr/bin/mysql",
    binlogTool: "usr/bin/mysqlbinlog",
    share: "usr/share/mysql",
    plugins: "usr/lib/mysql/plugin",
    bootstrap: [],
  },
  mariadb1011: {
    kind: "mariadb1011",
    flavour: "mariadb",
    label: "MariaDB 10.11",
    suite: "bookworm",
    security: true,
    packages: MARIADB_PACKAGES,
    barePackages: ["mariadb-server", "mariadb-client"],
    server: "usr/sbin/mariadbd",
    client: "usr/bin/mariadb",
    binlogTool: "usr/bin/mariadb-binlog",
    share: "usr/share/mysql",
    plugins: "usr/lib/mysql/plugin",
    bootstrap: [
      "mysql_system_tables.sql",
      "mysql_performance_tables.sql",
      "mysql_system_tables_data.sql",
      "mysql_sys_schema.sql",
    ],
  },
  mariadb118: {
    kind: "mariadb118",
    flavour: "mariadb",
    label: "MariaDB 11.8",
    suite: "trixie",
    security: true,
    packages: MARIADB_PACKAGES,
    barePackages: ["mariadb-server", "mariadb-client"],
    server: "usr/sbin/mariadbd",
    client: "usr/bin/mariadb",
    binlogTool: "usr/bin/mariadb-binlog",
    share: "usr/share/mariadb",
    plugins: "usr/lib/mysql/plugin",
    bootstrap: [
      "mariadb_system_tables.sql",
      "mariadb_performance_tables.sql",
      "mariadb_system_tables_data.sql",
      "mariadb_sys_schema.sql",
    ],
  },
};

export const ALL_KINDS: ServerKind[] = ["mysql97", "mariadb1011", "mariadb118"];

/** Folder of everything fetched and made once; safe to delete at any time. */
export function cacheFolder(): string {
  const home = Deno.env.get("HOME") || "/tmp";
  return Deno.env.get("BINLOGD_TEST_CACHE") || `${home}/.cache/binlogd-testbed`;
}
