import { createHash } from "node:crypto";
import { UsageError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { readIdentity, type StoreIdentity } from "../store/identity.ts";
import { AccountList } from "./account_list.ts";
import { BatchBuffers } from "./batch_buffers.ts";
import { BinlogCatalog, type LiveStore } from "./binlog_catalog.ts";
import { ConnectionRegistry } from "./connection_registry.ts";
import { FastHashes } from "./fast_hashes.ts";
import { Listener } from "./listener.ts";
import { loadRsaKey } from "./rsa_key.ts";
import { SemiSyncSource } from "./semi_sync_source.ts";
import type { EventInfo, ServerState } from "./server_state.ts";
import { SystemVariables } from "./system_variables.ts";
import type { TlsOptions } from "./tls_relay.ts";
import type { Upstream } from "./upstream.ts";
import { mariadbText } from "./mariadb_text.ts";

/** Settings of {@link startServer}. */
export interface ServerOptions {
  /** Folder of binlog files, or the store that this process writes. */
  folder: string | LiveStore;
  /** Addresses to listen on; port 0 takes a free one. */
  listen: { hostname: string; port: number };
  /** Users file. */
  users: string;
  log: Logger;
  /** Certificate and key; undefined: no TLS. */
  tls?: TlsOptions | undefined;
  requireTls?: boolean;
  /** RSA key for passwords over plain TCP; made beside the users file by default. */
  rsaKey?: string | undefined;
  /** Show the source's server_id and UUID instead of the store's own. */
  presentAsSource?: boolean;
  /** Offer semi-sync to replicas. */
  semiSync?: boolean;
  upstream?: Upstream | undefined;
  /** How long a request for what is not here yet is held while there is an upstream; 30 s. */
  waitForUpstreamMs?: number;
  maxConnections?: number;
  loginTimeoutMs?: number;
  /** Info column of SHOW BINLOG EVENTS; empty without it. */
  eventInfo?: EventInfo;
  /** Removes files before this one; undefined: PURGE is refused. */
  purge?: (file: string) => Promise<void>;
}

/** A server at work. */
export interface RunningServer {
  hostname: string;
  port: number;
  readonly semiSync: SemiSyncSource | undefined;
  /** Ends all connections and the server. */
  stop(): Promise<void>;
}

const WAIT_FOR_UPSTREAM_MS = 30_000;
const MAX_CONNECTIONS = 500;
const LOGIN_TIMEOUT_MS = 10_000;
const HEAD_SIZE = 4096;

interface ServedIdentity {
  serverId: number;
  serverUuid: string;
  sourceUuid: string | undefined;
}

/**
 * server_id and UUID to show: the store's own; those of a folder that no dump made follow from its
 * oldest file, so that they stay the same.
 */
async function chooseIdentity(
  catalog: BinlogCatalog,
  presentAsSource: boolean,
): Promise<ServedIdentity> {
  const identity: StoreIdentity | undefined = await readIdentity(catalog.dir);
  const sourceUuid = identity?.source?.serverUuid;
  if (presentAsSource) {
    if (!identity?.source) {
      throw new UsageError("Cannot present as the source: the store does not know it", {
        hint: "only a folder made by binlogd dump remembers its source",
      });
    }
    const { serverId, uuid } = identity;
    return {
      serverId: identity.source.serverId || serverId,
      serverUuid: sourceUuid ?? uuid,
      sourceUuid,
    };
  }
  if (identity) return { serverId: identity.serverId, serverUuid: identity.uuid, sourceUuid };
  const hash = createHash("sha256").update(await readHead(catalog)).digest();
  const hex = hash.toString("hex");
  const uuid = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
  return {
    serverId: (hash.readUInt32LE(28) | 0x8000_0000) >>> 0,
    serverUuid: uuid,
    sourceUuid: undefined,
  };
}

async function readHead(catalog: BinlogCatalog): Promise<Uint8Array> {
  const first = catalog.files[0];
  if (first === undefined) return new TextEncoder().encode(catalog.dir);
  using file = await Deno.open(catalog.path(first), { read: true });
  const bytes = new Uint8Array(HEAD_SIZE);
  return bytes.subarray(0, await file.read(bytes) ?? 0);
}

function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : path.slice(0, slash) || "/";
}

/**
 * Serves a folder of binlog files as a MySQL or MariaDB source would, until stopped.
 * @throws {UsageError} for settings that can't be used. {StoreError} where the folder can't be read,
 *   or another server listens there.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { log, folder } = options;
  const accounts = await AccountList.open(options.users, log);
  const rsaKey = await loadRsaKey(options.rsaKey, folderOf(options.users), log);
  const catalog = new BinlogCatalog(folder, log);
  try {
    await catalog.refresh();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`Cannot read folder ${catalog.dir}: ${reason}`, {
      file: catalog.dir,
      cause,
    });
  }
  const identity = await chooseIdentity(catalog, options.presentAsSource ?? false);
  const semiSync = options.semiSync === false ? undefined : new SemiSyncSource(() => catalog.files);
  let listener: Listener | undefined;
  const state: ServerState = {
    log,
    catalog,
    accounts,
    fastHashes: new FastHashes(),
    rsaKey,
    registry: new ConnectionRegistry(),
    buffers: new BatchBuffers(),
    longCommands: { reading: 0 },
    serverId: identity.serverId,
    serverUuid: identity.serverUuid,
    // A store that has never seen its source knows it later.
    sourceUuid: async () =>
      identity.sourceUuid ??= (await readIdentity(catalog.dir))?.source?.serverUuid,
    variables: () => {
      const { mariadb, serverVersion } = catalog;
      return new SystemVariables({
        mariadb,
        version: serverVersion,
        serverId: identity.serverId,
        serverUuid: identity.serverUuid,
        port: listener?.port ?? 0,
        tls: options.tls !== undefined,
        semiSync: semiSync !== undefined,
        checksum: () => catalog.newestHead()?.checksum ?? true,
        gtidMode: () => catalog.gtidMode(),
        executed: () => catalog.executed().toString().replaceAll(",", ",\n"),
        purged: () => catalog.purged().toString().replaceAll(",", ",\n"),
        binlogPosition: () => mariadbText(catalog.mariadbState(), true),
        binlogState: () => mariadbText(catalog.mariadbState(), false),
      });
    },
    semiSync,
    upstream: options.upstream,
    waitForUpstreamMs: options.waitForUpstreamMs ?? WAIT_FOR_UPSTREAM_MS,
    started: performance.now(),
    eventInfo: options.eventInfo,
    purge: options.purge,
  };
  try {
    listener = await Listener.start(state, {
      listen: options.listen,
      tls: options.tls,
      requireTls: options.requireTls ?? false,
      maxConnections: options.maxConnections ?? MAX_CONNECTIONS,
      loginTimeoutMs: options.loginTimeoutMs ?? LOGIN_TIMEOUT_MS,
    });
  } catch (error) {
    catalog.close();
    throw error;
  }
  const running = listener;
  return {
    hostname: running.hostname,
    port: running.port,
    semiSync,
    stop: async () => {
      await running.stop();
      catalog.close();
    },
  };
}
