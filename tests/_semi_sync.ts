import { assert } from "@std/assert";
import { compareBinlogFiles } from "../scripts/compare_files.ts";
import { KINDS, type ServerKind } from "../scripts/testbed/kinds.ts";
import { RealServer } from "../scripts/testbed/server.ts";
import { RunningBinlogd, sourceUrl } from "./_binlogd.ts";

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

/** A source with semi-sync enabled that waits for ACKs without end. */
export function startSemiSyncSource(kind: ServerKind, more: string[] = []): Promise<RealServer> {
  const config = [...patientSource(KINDS[kind].flavour), ...more];
  return RealServer.start(kind, { semiSync: true, config });
}

/** `binlogd dump --follow --semi-sync` beside the test. */
export function semiSyncDump(server: RealServer, dir: string, ...more: string[]): RunningBinlogd {
  return new RunningBinlogd([
    "dump",
    sourceUrl(server),
    "--dir",
    dir,
    "--follow",
    "--semi-sync",
    ...more,
  ]);
}

/** Waits until commits on the source wait for this dump's ACKs. */
export async function joined(server: RealServer, dump: RunningBinlogd): Promise<void> {
  await dump.until(async () => (await semiSyncCounters(server)).clients === 1);
}

/**
 * Whether the store has what the source has committed. MariaDB adds a checkpoint event to a new file
 * when it pleases, which no commit waits for.
 */
export async function hasCommits(server: RealServer, dir: string): Promise<boolean> {
  const { file } = await server.binlogEnd();
  const events = (await server.sql(`SHOW BINLOG EVENTS IN '${file}'`)).trimEnd().split("\n")
    .map((line) => line.split("\t"));
  const end = Number(events.findLast(([, , type]) => type !== "Binlog_checkpoint")![4]);
  const size = await Deno.stat(`${dir}/${file}`).then((info) => info.size, () => -1);
  return size >= end;
}

/** Every file of the source is in the store, byte for byte. */
export async function assertIdentical(server: RealServer, dir: string): Promise<void> {
  const files = await server.binlogFiles();
  for (const [index, file] of files.entries()) {
    const active = index === files.length - 1;
    const source = `${server.binlogDir}/${file}`;
    const result = await compareBinlogFiles(`${dir}/${file}`, source, { active });
    assert(result.equal, `${file}: ${result.reason} at ${result.firstDifference}`);
  }
}
