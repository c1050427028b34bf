import type { Logger } from "../log.ts";
import { connectSource } from "./connect.ts";
import { explain } from "./error_policy.ts";
import { silenceLimit } from "./silence_limit.ts";
import type { SourceConnection } from "./source_connection.ts";
import type { SourceOptions } from "./source_options.ts";

/** A source that is looked into. */
export interface SourceToLookInto extends SourceOptions {
  /** Heartbeat period of the dump that is about to be asked for, which tells when a link is dead. */
  heartbeatMs?: number;
}

/**
 * Runs `work` on a connection of its own, set up for a dump that is only looked at: without checksums,
 * under server_id 0, which ends nobody else's dump. Needs no privilege beyond REPLICATION SLAVE.
 * @throws the reason of `signal` when that is aborted; {ConnectionError} where no answer comes.
 */
export async function lookInto<T>(
  source: SourceToLookInto,
  log: Logger,
  signal: AbortSignal,
  work: (connection: SourceConnection) => Promise<T>,
): Promise<T> {
  const connection = await connectSource(source, log, signal);
  connection.silenceLimitMs = silenceLimit(source.heartbeatMs);
  const onAbort = (): void => connection.close();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await connection.query(
      "SET @master_binlog_checksum = 'NONE', @source_binlog_checksum = 'NONE'",
    );
    if (connection.flavour === "mariadb") {
      await connection.query("SET @mariadb_slave_capability = 4");
    }
    connection.info.channel.checksSequence = connection.info.compression === "uncompressed";
    return await work(connection);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw explain(error, connection.flavour);
  } finally {
    signal.removeEventListener("abort", onAbort);
    connection.close();
  }
}
