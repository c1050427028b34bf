import type { ServerState } from "./server_state.ts";

/** Names and values for SHOW STATUS. */
export function statusValues(state: ServerState): string[][] {
  const { registry, semiSync, catalog } = state;
  const dumps = registry.dumps();
  const values: Record<string, string | number> = {
    Connections: registry.accepted,
    Threads_connected: registry.size,
    Threads_running: 1,
    Uptime: Math.floor((performance.now() - state.started) / 1000),
    Binlogd_dumps: dumps.length,
    Binlogd_dumps_at_end: dumps.filter(({ place }) => place!.atEnd).length,
    Binlogd_upstream: !state.upstream?.present
      ? "none"
      : state.upstream.connected
      ? "connected"
      : "away",
  };
  if (semiSync) {
    const prefixes = catalog.mariadb
      ? ["Rpl_semi_sync_master_"]
      : ["Rpl_semi_sync_source_", "Rpl_semi_sync_master_"];
    for (const prefix of prefixes) {
      values[`${prefix}status`] = semiSync.clients > 0 ? "ON" : "OFF";
      values[`${prefix}clients`] = semiSync.clients;
      values[`${prefix}request_ack`] = semiSync.requested;
      values[`${prefix}get_ack`] = semiSync.received;
    }
    for (const { replica } of dumps) {
      if (!replica?.acked) continue;
      const { file, position } = replica.acked;
      values[`Binlogd_acked_${replica.serverId}`] = `${file}:${position}`;
    }
  }
  return Object.entries(values).map(([name, value]) => [name, String(value)])
    .sort(([a], [b]) => a! < b! ? -1 : 1);
}
