import { ServerError, UsageError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { SourceConnection } from "./source_connection.ts";

/** `off`; `on`: the source has to have it; `auto`: when the source has it. */
export type SemiSyncMode = "off" | "on" | "auto";

/** ER_UNKNOWN_SYSTEM_VARIABLE. */
const UNKNOWN_VARIABLE = 1193;
const PROBES = [
  { variable: "rpl_semi_sync_source_enabled", prefix: "rpl_semi_sync_source_" },
  { variable: "rpl_semi_sync_master_enabled", prefix: "rpl_semi_sync_master_" },
];

/** Prefix of the source's semi-sync variables, and whether it is enabled. */
export interface SemiSyncProbe {
  prefix: string;
  enabled: boolean;
}

/** Asks under the new name and then the old one; undefined where neither is known. */
export async function probeSemiSync(
  connection: SourceConnection,
): Promise<SemiSyncProbe | undefined> {
  for (const { variable, prefix } of PROBES) {
    try {
      const value = await connection.queryValue(`SELECT @@global.${variable}`);
      return { prefix, enabled: value === "1" || value === "ON" };
    } catch (error) {
      if (!(error instanceof ServerError) || error.details.code !== UNKNOWN_VARIABLE) throw error;
    }
  }
  return undefined;
}

/**
 * Makes this session a semi-sync replica, if that is asked for and the source has it; from then on
 * every packet of the dump carries the semi-sync header.
 * @throws {UsageError} for mode `on` and a source without semi-sync.
 */
export async function requestSemiSync(
  connection: SourceConnection,
  mode: SemiSyncMode,
  log: Logger,
): Promise<boolean> {
  if (mode === "off") return false;
  const probe = await probeSemiSync(connection);
  if (!probe) {
    if (mode === "auto") {
      log.warning("the source has no semi-sync; going on without");
      return false;
    }
    throw new UsageError("The source has no semi-synchronous replication", {
      hint: connection.flavour === "mysql"
        ? "on the source: INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so'; " +
          "SET GLOBAL rpl_semi_sync_source_enabled = ON; or use --semi-sync=auto"
        : "it is built into MariaDB 10.3 and later; --semi-sync=auto goes on without",
    });
  }
  await logSettings(connection, probe, log);
  await connection.query("SET @rpl_semi_sync_replica = 1, @rpl_semi_sync_slave = 1");
  return true;
}

async function logSettings(
  connection: SourceConnection,
  probe: SemiSyncProbe,
  log: Logger,
): Promise<void> {
  const settings = new Map<string, string>();
  const { rows } = await connection.query(`SHOW VARIABLES LIKE '${probe.prefix}%'`);
  for (const [name, value] of rows) settings.set(name!.slice(probe.prefix.length), value ?? "");
  const syncBinlog = await connection.queryValue("SELECT @@global.sync_binlog") ?? "";
  const noReplica = settings.get("wait_no_replica") ?? settings.get("wait_no_slave") ?? "";
  const waitPoint = settings.get("wait_point") ?? "";
  log.info("semi-sync settings of the source", {
    enabled: probe.enabled,
    timeout_ms: settings.get("timeout"),
    wait_point: waitPoint,
    wait_count: settings.get("wait_for_replica_count") ?? settings.get("wait_for_slave_count"),
    wait_no_replica: noReplica,
    sync_binlog: syncBinlog,
  });
  if (!probe.enabled) {
    log.warning("semi-sync is loaded but not enabled on the source", {
      hint: `SET GLOBAL ${probe.prefix}enabled = ON`,
    });
  }
  if (noReplica === "OFF") {
    log.warning("commits do not wait while no replica is connected", { wait_no_replica: "OFF" });
  }
  if (waitPoint === "AFTER_COMMIT") {
    log.warning("other sessions see a commit before it is acknowledged", { wait_point: waitPoint });
  }
  if (syncBinlog !== "1") {
    log.warning("the source may lose commits that we have when its power fails", {
      sync_binlog: syncBinlog,
    });
  }
}
