import type { RealServer } from "../scripts/testbed/server.ts";

/** The source's own counters of semi-sync. */
export interface SemiSyncCounters {
  /** Whether commits wait for an ACK now. */
  on: boolean;
  /** Commits that returned without an ACK, and with one, since the server started. */
  noTx: number;
  yesTx: number;
  /** Semi-sync replicas connected. */
  clients: number;
  /** Sessions waiting for an ACK now. */
  waiting: number;
}

/** Prefix of the server's semi-sync variables. */
export function semiSyncPrefix(server: RealServer): string {
  return server.flavour === "mysql" ? "rpl_semi_sync_source_" : "rpl_semi_sync_master_";
}

/** Reads the source's semi-sync counters. */
export async function semiSyncCounters(server: RealServer): Promise<SemiSyncCounters> {
  const prefix = semiSyncPrefix(server);
  const values = new Map<string, string>();
  for (const line of (await server.sql(`SHOW STATUS LIKE '${prefix}%'`)).split("\n")) {
    const [name, value] = line.split("\t");
    values.set((name ?? "").toLowerCase().slice(prefix.length), value ?? "");
  }
  return {
    on: values.get("status") === "ON",
    noTx: Number(values.get("no_tx")),
    yesTx: Number(values.get("yes_tx")),
    clients: Number(values.get("clients")),
    waiting: Number(values.get("wait_sessions")),
  };
}

/** Sets a semi-sync variable of the source, named without its prefix. */
export async function setSemiSync(server: RealServer, name: string, value: string): Promise<void> {
  await server.sql(`SET GLOBAL ${semiSyncPrefix(server)}${name} = ${value}`);
}

/**
 * Option file lines for a source that never gives up waiting within a test, and that loses nothing
 * that it acknowledged when it is killed.
 */
export function patientSource(flavour: "mysql" | "mariadb", timeoutMs = 600_000): string[] {
  const prefix = flavour === "mysql" ? "loose-rpl_semi_sync_source_" : "rpl_semi_sync_master_";
  return [
    `${prefix}timeout=${timeoutMs}`,
    `${prefix}wait_point=AFTER_SYNC`,
    "sync-binlog=1",
    "innodb-flush-log-at-trx-commit=1",
  ];
}
