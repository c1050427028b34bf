import type { BinlogDump, BinlogDumpGtid } from "../protocol/binlog_dump.ts";
import { DUMP_FLAG } from "../protocol/binlog_dump.ts";
import { decodeSemiSyncAck, SEMI_SYNC_MAGIC } from "../protocol/semi_sync.ts";
import { COMMAND } from "../protocol/commands.ts";
import { encodePacket } from "../protocol/packet.ts";
import type { PacketChannel } from "../protocol/packet_channel.ts";
import type { ByteStream } from "../protocol/byte_stream.ts";
import { type AckPosition, comparePositions } from "./ack_position.ts";
import { pause } from "../pause.ts";
import { BinlogStream } from "./binlog_stream.ts";
import type { BinlogCatalog } from "./binlog_catalog.ts";
import type { ConnectionEntry } from "./connection_registry.ts";
import { BeyondEndError, type DumpPlan, planByGtidSet, planByPosition } from "./dump_plan.ts";
import { DumpWriter } from "./dump_writer.ts";
import { MariadbClient } from "./mariadb_client.ts";
import { planByMariadbGtid } from "./mariadb_plan.ts";
import type { ServerState } from "./server_state.ts";
import type { Session } from "./session.ts";
import { SqlError } from "./sql_error.ts";

/** ACKs and a COM_QUIT are all that a dumping client sends. */
const CLIENT_PACKET_MAX = 1024;
const NANOSECONDS_PER_MS = 1e6;
/** Heartbeats more often than this would only cost. */
const HEARTBEAT_MIN_MS = 50;
/** A timer takes no more; replicas may ask for twice that. */
const HEARTBEAT_MAX_MS = 2 ** 31 - 1;
/** Time between two tries of a request that is ahead of us; longer where a try takes long itself. */
const RETRY_MS = 20;
/** Share of the time that tries may take, in which nobody else is served. */
const RETRY_SHARE = 0.1;

/** A dump request and the connection it came on. */
export interface DumpCommand {
  state: ServerState;
  session: Session;
  entry: ConnectionEntry;
  channel: PacketChannel;
  stream: ByteStream;
  request: BinlogDump | BinlogDumpGtid;
  /** Aborted when the connection is ended from outside; the reason may be a SqlError to send. */
  signal: AbortSignal;
}

function isGtidRequest(request: BinlogDump | BinlogDumpGtid): request is BinlogDumpGtid {
  return "gtidSet" in request;
}

function userText(session: Session, ...names: string[]): string | undefined {
  for (const name of names) {
    const value = session.user(name);
    if (value !== null) return String(value);
  }
  return undefined;
}

/** Period that the client asked for; 0: none. */
function heartbeatMs(session: Session): number {
  const text = userText(session, "source_heartbeat_period", "master_heartbeat_period");
  const ms = Number(text ?? 0) / NANOSECONDS_PER_MS;
  return ms > 0 ? Math.min(HEARTBEAT_MAX_MS, Math.max(HEARTBEAT_MIN_MS, ms)) : 0;
}

function clientChecksum(session: Session): "CRC32" | "NONE" | undefined {
  const text = userText(session, "source_binlog_checksum", "master_binlog_checksum");
  return text === undefined ? undefined : text.toUpperCase() === "CRC32" ? "CRC32" : "NONE";
}

/** The plan for a request; waits for what the upstream is about to send. */
async function makePlan(command: DumpCommand, signal: AbortSignal): Promise<DumpPlan> {
  const { state, session, request } = command;
  const { catalog, upstream } = state;
  const asked = Date.now();
  const end = performance.now() + state.waitForUpstreamMs;
  for (;;) {
    await catalog.refresh();
    const began = performance.now();
    try {
      if (session.hasUser("slave_connect_state") && catalog.mariadb) {
        return planByMariadbGtid(session, catalog);
      }
      if (!isGtidRequest(request)) return await planByPosition(request, catalog);
      return await planByGtidSet(request, catalog, await state.sourceUuid());
    } catch (error) {
      if (!(error instanceof BeyondEndError) || !upstream?.present) throw error;
      if (signal.aborted) throw signal.reason instanceof SqlError ? signal.reason : error;
      if (performance.now() > end) {
        if (upstream.seenUpTo > asked) throw error;
        // Any code but 1236 makes a replica try again later.
        throw new SqlError(
          "UNKNOWN_ERROR",
          upstream.connected
            ? `binlogd has not yet seen all that its source has: ${error.message}`
            : `binlogd is not connected to its source and can't tell: ${error.message}`,
        );
      }
      await pause(Math.max(RETRY_MS, (performance.now() - began) / RETRY_SHARE), signal);
    }
  }
}

/**
 * Serves COM_BINLOG_DUMP and COM_BINLOG_DUMP_GTID to the end of the connection.
 * @throws {SqlError} for the ERR packet to end it with, at `channel.sequence`.
 */
export async function runDump(command: DumpCommand): Promise<void> {
  const { state, session, entry, channel, request, signal } = command;
  const semiSync = state.semiSync !== undefined &&
    Number(userText(session, "rpl_semi_sync_replica", "rpl_semi_sync_slave") ?? 0) > 0;
  entry.replica = {
    serverId: request.serverId,
    registered: entry.replica?.registered ?? false,
    uuid: userText(session, "replica_uuid", "slave_uuid") ?? "",
    host: entry.replica?.host ?? "",
    port: entry.replica?.port ?? 0,
    user: session.account.name,
    semiSync,
    acked: undefined,
  };
  state.registry.endOlderDumps(entry, sameReplicaWords(state.catalog));
  entry.dumping = true;
  const ended = new AbortController();
  // From here on: a client that leaves while its request is held must not be served later.
  const listening = listen(command, semiSync, ended);
  try {
    const plan = await makePlan(command, AbortSignal.any([signal, ended.signal]));
    await runStream(command, plan, semiSync, ended.signal);
  } catch (error) {
    if (!entry.place) channel.sequence = 1;
    throw error;
  } finally {
    entry.place = undefined;
    entry.dumping = false;
    ended.abort();
    // What it waits for comes when the connection is closed.
    listening.catch(() => {});
  }
}

async function runStream(
  command: DumpCommand,
  plan: DumpPlan,
  semiSync: boolean,
  ended: AbortSignal,
): Promise<void> {
  const { state, entry, channel, request, signal } = command;
  const { epoch } = state.catalog;
  const any = AbortSignal.any([signal, epoch, ended]);
  const stream = makeStream(command, plan, semiSync, any);
  entry.place = stream.place;
  state.log.info("dump begins", {
    connection: entry.id,
    replica: request.serverId,
    peer: entry.peer,
    file: plan.file,
    position: plan.position,
    gtid: plan.byGtid || undefined,
    semi_sync: semiSync || undefined,
  });
  const semi = semiSync ? state.semiSync : undefined;
  semi?.begin(request.serverId, { file: plan.file, position: plan.position });
  try {
    await stream.run();
    if (signal.reason instanceof SqlError) throw signal.reason;
    if (epoch.aborted) {
      throw new SqlError("UNKNOWN_ERROR", "The files of binlogd were replaced; connect again");
    }
  } catch (error) {
    channel.sequence = stream.sequence;
    throw error;
  } finally {
    semi?.end(request.serverId);
  }
}

function makeStream(
  { state, session, stream, request }: DumpCommand,
  plan: DumpPlan,
  semiSync: boolean,
  signal: AbortSignal,
): BinlogStream {
  const { catalog } = state;
  const mariadbClient = session.hasUser("mariadb_slave_capability");
  const annotations = (request.flags & DUMP_FLAG.BINLOG_SEND_ANNOTATE_ROWS_EVENT) !== 0;
  const capability = Number(userText(session, "mariadb_slave_capability") ?? 0);
  const v2 = !mariadbClient && (request.flags & DUMP_FLAG.USE_HEARTBEAT_EVENT_V2) !== 0;
  return new BinlogStream({
    catalog,
    buffers: state.buffers,
    writer: new DumpWriter(stream),
    serverId: state.serverId,
    file: plan.file,
    position: plan.position,
    checksum: clientChecksum(session),
    heartbeat: catalog.mariadb ? "mariadb" : v2 ? "v2" : "v1",
    heartbeatMs: heartbeatMs(session),
    nonBlocking: request.serverId === 0 ||
      (request.flags & DUMP_FLAG.BINLOG_DUMP_NON_BLOCK) !== 0,
    byGtid: plan.byGtid,
    semiSync,
    wantAcks: semiSync,
    client: catalog.mariadb ? new MariadbClient(capability, annotations) : undefined,
    skipMarked: catalog.mariadb &&
      /^(1|on|true)$/i.test(String(session.system("skip_replication"))),
    filter: plan.filter,
    onKnown: (file, position) => {
      if (semiSync) state.semiSync?.known(request.serverId, { file, position });
    },
    onAckRequested: () => {
      if (state.semiSync) state.semiSync.requested++;
    },
    signal,
  });
}

/** What the older one of two connections of a replica is told. */
function sameReplicaWords({ mariadb, serverVersion }: BinlogCatalog): string {
  if (!mariadb) {
    return "A replica with the same server_uuid/server_id as this replica has connected to the " +
      "source";
  }
  const id = parseInt(serverVersion) < 11 ? "server_uuid/server_id" : "server_id";
  return `A slave with the same ${id} is already connected`;
}

/** Whether a place lies within what may have been sent: nobody can have more. */
async function exists(ack: AckPosition, catalog: BinlogCatalog): Promise<boolean> {
  const end = catalog.tail.position();
  const { files } = catalog;
  if (end && comparePositions(ack, { file: end.file, position: end.durable }, files) <= 0) {
    return true;
  }
  // The tail may not have been told of yet, where its file was just begun.
  return files.includes(ack.file) && ack.position <= await catalog.limit(ack.file);
}

/** Reads what the client sends meanwhile: ACKs; COM_QUIT and the end of the connection end it. */
async function listen(
  { state, channel, entry, request }: DumpCommand,
  semiSync: boolean,
  ended: AbortController,
): Promise<void> {
  try {
    for (;;) {
      channel.sequence = 0;
      const payload = await channel.tryRead(CLIENT_PACKET_MAX);
      if (!payload || payload[0] === COMMAND.COM_QUIT) break;
      if (!semiSync || payload[0] !== SEMI_SYNC_MAGIC) break;
      const ack = decodeSemiSyncAck(payload);
      if (!await exists(ack, state.catalog)) {
        state.log.warning("replica acknowledges what there is not", {
          connection: entry.id,
          ...ack,
        });
        break;
      }
      state.semiSync!.ack(request.serverId, ack);
      if (entry.replica) entry.replica.acked = ack;
    }
  } catch (error) {
    if (!ended.signal.aborted) {
      state.log.debug("dump connection broke", {
        connection: entry.id,
        error: (error as Error).message,
      });
    }
  }
  ended.abort();
  // A write that waits for the client would wait for ever.
  entry.end();
}

/** The ERR packet that ends a dump, with its place in the sequence. */
export function dumpErrorPacket(error: SqlError, sequence: number): Uint8Array<ArrayBuffer> {
  return encodePacket(error.encode(), sequence);
}
