import { AuthError, ProtocolError, ServerError, UsageError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { encodeRegisterReplica } from "../protocol/register_replica.ts";
import type { SourceIdentity } from "../store/identity.ts";
import { isServerError } from "./connect.ts";
import { nonBlockingServerId } from "./non_blocking_server_id.ts";
import { requestSemiSync, type SemiSyncMode } from "./semi_sync_setup.ts";
import { silenceLimit } from "./silence_limit.ts";
import type { SourceConnection } from "./source_connection.ts";

/** ER_UNKNOWN_SYSTEM_VARIABLE. */
const UNKNOWN_VARIABLE = 1193;
/** Highest capability of a MariaDB replica: GTID events come as they are. */
const MARIADB_CAPABILITY = 4;

/** Settings of {@link setUpSession}. */
export interface SessionOptions {
  serverId: number;
  uuid: string;
  heartbeatMs: number;
  semiSync: SemiSyncMode;
  /** The dump that is to be asked for ends at the end of the source's binlog. */
  nonBlocking: boolean;
  reportHost: string;
  /** What the source is called in the store: host and port, or socket. */
  address: string;
  log: Logger;
}

/** What the session found out about the source, and what a dump in it is asked for with. */
export interface Session {
  /** 0 where that is what makes a dump end. */
  serverId: number;
  nonBlocking: boolean;
  source: SourceIdentity;
  /** Whether artificial events before the first format description carry a CRC. */
  checksum: boolean;
  /** Whether semi-sync was asked for, so that packets may carry its header. */
  semiSync: boolean;
  /** MySQL: gtid_mode; empty elsewhere. */
  gtidMode: string;
  /** Milliseconds by which the source's clock is ahead of ours. */
  clockAheadMs: number;
}

/**
 * Sets the session up as a replica does before it asks for events: identity, heartbeat, checksum,
 * UUID, MariaDB capability, semi-sync, registration (sql/rpl_replica.cc get_master_version_and_clock,
 * MariaDB sql/slave.cc). Asks nothing that needs more than REPLICATION SLAVE, and nothing that waits
 * for binlog locks.
 */
export async function setUpSession(
  connection: SourceConnection,
  options: SessionOptions,
): Promise<Session> {
  connection.silenceLimitMs = silenceLimit(options.heartbeatMs);
  const source = await identify(connection, options);
  // In whole seconds, as replicas ask it: half a second more on average. An answer that takes long makes
  // the source's clock seem ahead, so that what it has shown seems older than it is.
  const asked = Date.now();
  const sourceTime = Number(await connection.queryValue("SELECT UNIX_TIMESTAMP()"));
  const clockAheadMs = sourceTime * 1000 + 500 - asked;
  const heartbeatNs = Math.round(options.heartbeatMs * 1e6);
  await connection.query(
    `SET @master_heartbeat_period = ${heartbeatNs}, @source_heartbeat_period = ${heartbeatNs}`,
  );
  const checksum = await announceChecksum(connection);
  await connection.query(`SET @slave_uuid = '${options.uuid}', @replica_uuid = '${options.uuid}'`);
  let gtidMode = "";
  if (connection.flavour === "mariadb") {
    await connection.query(`SET @mariadb_slave_capability = ${MARIADB_CAPABILITY}`);
  } else gtidMode = await variable(connection, "@@GLOBAL.GTID_MODE") ?? "OFF";
  const semiSync = await requestSemiSync(connection, options.semiSync, options.log);
  const { nonBlocking } = options;
  const serverId = nonBlocking ? nonBlockingServerId(source, options.serverId) : options.serverId;
  if (serverId !== 0) await register(connection, serverId, options);
  return { serverId, nonBlocking, source, checksum, semiSync, gtidMode, clockAheadMs };
}

/** Has the source list us among its replicas, for as long as the connection that dumps under this id. */
async function register(
  connection: SourceConnection,
  serverId: number,
  options: SessionOptions,
): Promise<void> {
  try {
    await connection.command(encodeRegisterReplica({
      serverId,
      host: options.reportHost,
      user: "",
      password: "",
      port: 0,
    }));
  } catch (error) {
    throw privilegeError(error);
  }
}

/** Value of a system variable; undefined on servers that do not have it. */
export async function variable(
  connection: SourceConnection,
  name: string,
): Promise<string | undefined> {
  try {
    return await connection.queryValue(`SELECT ${name}`) ?? undefined;
  } catch (error) {
    if (isServerError(error, UNKNOWN_VARIABLE)) return undefined;
    throw error;
  }
}

async function identify(
  connection: SourceConnection,
  options: SessionOptions,
): Promise<SourceIdentity> {
  const said = await variable(connection, "@@GLOBAL.SERVER_ID") ?? "0";
  const serverId = Number(said);
  if (!/^\d+$/.test(said) || serverId > 0xffff_ffff) {
    throw new ProtocolError("Cannot read the server_id of the source", {
      expected: "a number below 2^32",
      found: JSON.stringify(said.slice(0, 80)),
    });
  }
  const serverUuid = connection.flavour === "mysql"
    ? await variable(connection, "@@GLOBAL.SERVER_UUID")
    : undefined;
  if (serverId === options.serverId) {
    throw new UsageError(`server_id ${serverId} is the source's own`, {
      found: String(serverId),
      hint: "choose another with --server-id",
    });
  }
  return {
    flavour: connection.flavour,
    version: connection.serverVersion,
    address: options.address,
    serverId,
    ...(serverUuid ? { serverUuid } : {}),
  };
}

/** Says that we understand checksums, and learns whether the source uses them. */
async function announceChecksum(connection: SourceConnection): Promise<boolean> {
  try {
    await connection.query(
      "SET @master_binlog_checksum = @@global.binlog_checksum, " +
        "@source_binlog_checksum = @@global.binlog_checksum",
    );
    return await connection.queryValue("SELECT @master_binlog_checksum") === "CRC32";
  } catch (error) {
    if (isServerError(error, UNKNOWN_VARIABLE)) return false; // before MySQL 5.6
    throw error;
  }
}

/** The GRANT that is missing when the source refuses to register or dump. */
export function privilegeError(error: unknown): unknown {
  if (!(error instanceof ServerError)) return error;
  const { code } = error.details;
  if (code !== 1045 && code !== 1227 && code !== 1142) return error;
  const privilege = "REPLICATION SLAVE";
  const account = /for user ('[^']*'@'[^']*')/.exec(error.details.found ?? error.message)?.[1];
  return new AuthError(`The account lacks ${privilege}: ${error.details.found ?? error.message}`, {
    code,
    cause: error,
    hint: `on the source: GRANT ${privilege} ON *.* TO ${account ?? "the account"}`,
  });
}
