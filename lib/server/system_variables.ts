import type { VariableScope } from "./sql_statement.ts";

/** A system variable: text or number as it is selected, true and false shown as ON and OFF. */
export type VariableValue = string | number | bigint | boolean | null;

/** What the variables speak of. */
export interface VariableContext {
  mariadb: boolean;
  version: string;
  serverId: number;
  serverUuid: string;
  port: number;
  tls: boolean;
  /** Whether semi-sync is offered; without it its variables are unknown. */
  semiSync: boolean;
  checksum: () => boolean;
  gtidMode: () => boolean;
  executed: () => string;
  purged: () => string;
  /** MariaDB's positions: last of each domain; of each domain and server. */
  binlogPosition: () => string;
  binlogState: () => string;
}

type Getter = (context: VariableContext) => VariableValue;

const always = (value: VariableValue): Getter => () => value;

/** Variables of both flavours. Those that clients set for themselves are session variables too. */
const COMMON: Record<string, Getter> = {
  version: ({ version }) => version,
  version_comment: always("binlogd"),
  version_compile_os: always("Linux"),
  version_compile_machine: always("x86_64"),
  hostname: () => Deno.hostname(),
  port: ({ port }) => port,
  server_id: ({ serverId }) => serverId,
  log_bin: always(true),
  read_only: always(true),
  binlog_format: always("ROW"),
  binlog_row_image: always("FULL"),
  binlog_checksum: ({ checksum }) => checksum() ? "CRC32" : "NONE",
  max_allowed_packet: always(1073741824),
  performance_schema: always(false),
  license: always("AGPL"),
  lower_case_table_names: always(0),
  protocol_version: always(10),
  system_time_zone: always("UTC"),
  init_connect: always(""),
  have_ssl: ({ tls }) => tls ? "YES" : "DISABLED",
  require_secure_transport: always(false),
  sync_binlog: always(1),
  character_set_server: always("utf8mb4"),
  character_set_system: always("utf8mb3"),
  collation_server: always("utf8mb4_general_ci"),
};

/** Variables that a session may set; what they are before that. */
const SESSION: Record<string, VariableValue> = {
  autocommit: true,
  auto_increment_increment: 1,
  auto_increment_offset: 1,
  character_set_client: "utf8mb4",
  character_set_connection: "utf8mb4",
  character_set_database: "utf8mb4",
  character_set_results: "utf8mb4",
  collation_connection: "utf8mb4_general_ci",
  collation_database: "utf8mb4_general_ci",
  foreign_key_checks: true,
  group_concat_max_len: 1024,
  innodb_lock_wait_timeout: 50,
  interactive_timeout: 28800,
  lc_messages: "en_US",
  lc_time_names: "en_US",
  lock_wait_timeout: 31536000,
  max_execution_time: 0,
  max_statement_time: 0,
  net_buffer_length: 16384,
  net_read_timeout: 30,
  net_write_timeout: 60,
  pseudo_thread_id: 0,
  query_cache_size: 0,
  query_cache_type: "OFF",
  skip_replication: false,
  sql_auto_is_null: false,
  sql_log_bin: true,
  sql_mode: "",
  sql_quote_show_create: true,
  sql_safe_updates: false,
  sql_select_limit: 18446744073709551615n,
  time_zone: "SYSTEM",
  timestamp: 0,
  transaction_isolation: "REPEATABLE-READ",
  transaction_read_only: false,
  tx_isolation: "REPEATABLE-READ",
  tx_read_only: false,
  unique_checks: true,
  wait_timeout: 28800,
  resultset_metadata: "FULL",
  session_track_gtids: "OFF",
  session_track_schema: true,
};

const MYSQL: Record<string, Getter> = {
  server_uuid: ({ serverUuid }) => serverUuid,
  gtid_mode: ({ gtidMode }) => gtidMode() ? "ON" : "OFF",
  enforce_gtid_consistency: ({ gtidMode }) => gtidMode() ? "ON" : "OFF",
  gtid_executed: ({ executed }) => executed(),
  gtid_purged: ({ purged }) => purged(),
  super_read_only: always(true),
  log_replica_updates: always(true),
  log_slave_updates: always(true),
  source_verify_checksum: always(false),
  master_verify_checksum: always(false),
};

const MARIADB: Record<string, Getter> = {
  gtid_domain_id: always(0),
  gtid_strict_mode: always(true),
  gtid_binlog_pos: ({ binlogPosition }) => binlogPosition(),
  gtid_binlog_state: ({ binlogState }) => binlogState(),
  gtid_current_pos: ({ binlogPosition }) => binlogPosition(),
  gtid_slave_pos: always(""),
  log_slave_updates: always(true),
  master_verify_checksum: always(false),
};

/** Semi-sync variables without their prefix. */
const SEMI_SYNC: Record<string, VariableValue> = {
  enabled: true,
  timeout: 10000,
  wait_no_replica: true,
  wait_point: "AFTER_SYNC",
  wait_for_replica_count: 1,
  trace_level: 32,
};

/** The system variables of a server, of which sessions may have their own values. */
export class SystemVariables {
  readonly #context: VariableContext;
  readonly #getters = new Map<string, Getter>();

  constructor(context: VariableContext) {
    this.#context = context;
    const all = { ...COMMON, ...(context.mariadb ? MARIADB : MYSQL) };
    for (const [name, getter] of Object.entries(all)) this.#getters.set(name, getter);
    for (const [name, value] of Object.entries(SESSION)) {
      const foreign = context.mariadb
        ? /^(transaction_|session_track_gtids|resultset_|max_execution)/
        : /^(tx_|query_cache|skip_replication|max_statement)/;
      if (!foreign.test(name)) this.#getters.set(name, always(value));
    }
    if (!context.semiSync) return;
    for (const [name, value] of Object.entries(SEMI_SYNC)) {
      const old = name.replace("replica", "slave");
      this.#getters.set(`rpl_semi_sync_master_${old}`, always(value));
      if (!context.mariadb) this.#getters.set(`rpl_semi_sync_source_${name}`, always(value));
    }
  }

  /** Value of a variable; undefined: there is no such variable. */
  get(name: string): VariableValue | undefined {
    return this.#getters.get(name)?.(this.#context);
  }

  has(name: string): boolean {
    return this.#getters.has(name);
  }

  /** Whether sessions may have their own value. */
  isSession(name: string): boolean {
    return Object.hasOwn(SESSION, name) && this.has(name);
  }

  names(): string[] {
    return [...this.#getters.keys()].sort();
  }
}

/** Value as SHOW VARIABLES prints it. */
export function shownValue(value: VariableValue): string {
  return typeof value === "boolean" ? (value ? "ON" : "OFF") : String(value ?? "");
}

/** Value as SELECT gives it. */
export function selectedValue(value: VariableValue): string | null {
  if (value === null) return null;
  return typeof value === "boolean" ? (value ? "1" : "0") : String(value);
}

/** How a scope is named in errors. */
export function scopeName(scope: VariableScope): string {
  return scope === "global" ? "GLOBAL" : "SESSION";
}
