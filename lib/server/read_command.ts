import { OversizeError } from "../errors.ts";
import { COMMAND } from "../protocol/commands.ts";
import { PAYLOAD_MAX } from "../protocol/packet_channel.ts";
import type { PacketChannel } from "../protocol/packet_channel.ts";
import type { ServerState } from "./server_state.ts";
import type { Session } from "./session.ts";
import { SqlError } from "./sql_error.ts";

/** Bytes of a command: the longest statement that is read, and the command before it. */
const COMMAND_MAX = 1024 * 1024 + 64;
/** Longer commands that may be on their way at once, on all connections together. */
const LONG_AT_ONCE = 4;

/**
 * The next command; undefined where the client has left. Only a dump request may be longer than a
 * statement, for its GTID set, and only of an account that may replicate. Memory is taken for what is
 * let through, and for few long ones at a time.
 * @throws {SqlError} 1153 for a longer command: nothing can be read on this connection after it.
 */
export async function readCommand(
  channel: PacketChannel,
  session: Session,
  state: ServerState,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await channel.tryRead(COMMAND_MAX);
  } catch (error) {
    if (!(error instanceof OversizeError)) throw error;
  }
  // The channel has looked at the packet's length only.
  if (!session.may("replicate") || state.longCommands.reading >= LONG_AT_ONCE) {
    throw tooLarge(channel);
  }
  state.longCommands.reading++;
  try {
    const payload = await channel.tryRead(PAYLOAD_MAX);
    if (payload?.[0] === COMMAND.COM_BINLOG_DUMP_GTID) return payload;
  } catch (error) {
    if (!(error instanceof OversizeError)) throw error;
  } finally {
    state.longCommands.reading--;
  }
  throw tooLarge(channel);
}

function tooLarge(channel: PacketChannel): SqlError {
  channel.sequence = 1;
  return new SqlError(
    "NET_PACKET_TOO_LARGE",
    "Got a packet bigger than 'max_allowed_packet' bytes",
  );
}
