import { BinlogdError, ProtocolError } from "../errors.ts";
import { decodeBinlogDump, decodeBinlogDumpGtid } from "../protocol/binlog_dump.ts";
import type { ByteStream } from "../protocol/byte_stream.ts";
import { COMMAND, commandName } from "../protocol/commands.ts";
import { encodePacket, packetCount } from "../protocol/packet.ts";
import type { PacketChannel } from "../protocol/packet_channel.ts";
import { decodeRegisterReplica } from "../protocol/register_replica.ts";
import { encodeEof, encodeOk } from "../protocol/response.ts";
import { encodeResultSet } from "../protocol/result_set.ts";
import { concat } from "@std/bytes";
import type { ConnectionEntry } from "./connection_registry.ts";
import { runDump } from "./dump_command.ts";
import { answerQuery, kill, type QueryAnswer } from "./query.ts";
import { readCommand } from "./read_command.ts";
import type { ServerState } from "./server_state.ts";
import type { Session } from "./session.ts";
import { SqlError } from "./sql_error.ts";

const UTF8 = new TextDecoder();

/** A connection that is logged in, with what its commands need. */
export interface ClientConnection {
  state: ServerState;
  session: Session;
  entry: ConnectionEntry;
  channel: PacketChannel;
  stream: ByteStream;
  /** Aborted when the connection is ended from outside. */
  signal: AbortSignal;
}

const SHOWN_COMMAND: Partial<Record<number, string>> = {
  [COMMAND.COM_QUERY]: "Query",
  [COMMAND.COM_BINLOG_DUMP]: "Binlog Dump",
  [COMMAND.COM_BINLOG_DUMP_GTID]: "Binlog Dump GTID",
};

/** Answers commands, one after another, until the client leaves. */
export async function serveCommands(connection: ClientConnection): Promise<void> {
  const { channel, entry, session, state, signal } = connection;
  while (!signal.aborted) {
    channel.sequence = 0;
    entry.command = "Sleep";
    entry.info = undefined;
    entry.commandSince = performance.now();
    const payload = await readCommand(channel, session, state).catch(async (error) => {
      if (!(error instanceof SqlError)) throw error;
      await channel.write(error.encode());
    });
    if (!payload) return;
    if (payload.length === 0) throw new ProtocolError("Cannot read command: it is empty");
    entry.command = SHOWN_COMMAND[payload[0]!] ?? commandName(payload[0]!);
    entry.commandSince = performance.now();
    try {
      if (!await runCommand(connection, payload)) return;
    } catch (error) {
      if (error instanceof SqlError) await channel.write(error.encode());
      else if (error instanceof BinlogdError && !(error instanceof ProtocolError)) {
        await channel.write(new SqlError("UNKNOWN_ERROR", error.message).encode());
      } else throw error;
      if (isDump(payload[0]!)) return;
    }
  }
}

function isDump(command: number): boolean {
  return command === COMMAND.COM_BINLOG_DUMP || command === COMMAND.COM_BINLOG_DUMP_GTID;
}

/** Runs one command; false where the connection ends with it. */
async function runCommand(
  connection: ClientConnection,
  payload: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const { channel, session, state } = connection;
  switch (payload[0]) {
    case COMMAND.COM_QUIT:
      return false;
    case COMMAND.COM_PING:
      await channel.write(encodeOk());
      return true;
    case COMMAND.COM_INIT_DB:
      session.database = UTF8.decode(payload.subarray(1, 257));
      await channel.write(encodeOk());
      return true;
    case COMMAND.COM_QUERY:
      await query(connection, UTF8.decode(payload.subarray(1)));
      return true;
    case COMMAND.COM_STATISTICS:
      await channel.write(new TextEncoder().encode(statistics(state)));
      return true;
    case COMMAND.COM_SET_OPTION:
      await channel.write(encodeEof());
      return true;
    case COMMAND.COM_RESET_CONNECTION:
      session.reset();
      await channel.write(encodeOk());
      return true;
    case COMMAND.COM_PROCESS_KILL:
      await processKill(connection, payload);
      return true;
    case COMMAND.COM_REGISTER_SLAVE:
      await register(connection, payload);
      return true;
    case COMMAND.COM_BINLOG_DUMP:
      await dump(connection, decodeBinlogDump(payload));
      return false;
    case COMMAND.COM_BINLOG_DUMP_GTID:
      await dump(connection, decodeGtidRequest(payload));
      return false;
    case COMMAND.COM_STMT_PREPARE:
      throw new SqlError(
        "UNSUPPORTED_PS",
        "This command is not supported in the prepared statement protocol yet: this is binlogd",
      );
    case COMMAND.COM_STMT_CLOSE:
    case COMMAND.COM_STMT_SEND_LONG_DATA:
      return true; // these have no answer
    default:
      throw new SqlError("UNKNOWN_COMMAND", "Unknown command");
  }
}

function decodeGtidRequest(payload: Uint8Array): ReturnType<typeof decodeBinlogDumpGtid> {
  try {
    return decodeBinlogDumpGtid(payload);
  } catch {
    throw new SqlError("MALFORMED_PACKET", "Malformed communication packet.");
  }
}

function statistics({ started, registry }: ServerState): string {
  const uptime = Math.floor((performance.now() - started) / 1000);
  return `Uptime: ${uptime}  Threads: ${registry.size}  Questions: 0  Slow queries: 0`;
}

async function processKill(connection: ClientConnection, payload: Uint8Array): Promise<void> {
  if (payload.length < 5) throw new SqlError("MALFORMED_PACKET", "Malformed communication packet.");
  const id = new DataView(payload.buffer, payload.byteOffset).getUint32(1, true);
  kill(id, false, connection.session, connection.state);
  await connection.channel.write(encodeOk());
}

async function query(connection: ClientConnection, text: string): Promise<void> {
  const { channel, session, state, entry } = connection;
  entry.info = text.slice(0, 1000);
  const answer = await answerQuery(text, session, state);
  if (answer.columns.length === 0) await channel.write(encodeOk());
  else await writeRows(connection, answer);
}

/** Sends a result set in as few writes as there are megabytes. */
async function writeRows(
  { channel, stream }: ClientConnection,
  answer: QueryAnswer,
): Promise<void> {
  const packets: Uint8Array[] = [];
  for (const payload of encodeResultSet(answer.columns, answer.rows)) {
    packets.push(encodePacket(payload, channel.sequence));
    channel.sequence = (channel.sequence + packetCount(payload.length)) & 0xff;
  }
  const bytes = concat(packets);
  for (let done = 0; done < bytes.length;) done += await stream.write(bytes.subarray(done));
}

async function register(connection: ClientConnection, payload: Uint8Array): Promise<void> {
  const { session, entry, channel, state } = connection;
  session.demand("replicate");
  const { serverId, host, port } = decodeRegisterReplica(payload);
  const uuid = session.user("replica_uuid") ?? session.user("slave_uuid") ?? "";
  entry.replica = {
    serverId,
    registered: true,
    host,
    port,
    uuid: String(uuid),
    user: session.account.name,
    semiSync: false,
    acked: undefined,
  };
  state.log.debug("replica registers", { connection: entry.id, replica: serverId, host });
  await channel.write(encodeOk());
}

async function dump(
  connection: ClientConnection,
  request: ReturnType<typeof decodeBinlogDump> | ReturnType<typeof decodeBinlogDumpGtid>,
): Promise<void> {
  connection.session.demand("replicate");
  await runDump({ ...connection, request });
}
