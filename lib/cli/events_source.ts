import type { TextOutput } from "../binlog/values/text_output.ts";
import { UsageError } from "../errors.ts";
import { EventStream } from "../inspect/event_stream.ts";
import type { EventWalk } from "../inspect/events_walk.ts";
import { DUMP_FLAG, encodeBinlogDump } from "../protocol/binlog_dump.ts";
import { connectSource } from "../source/connect.ts";
import { explain } from "../source/error_policy.ts";
import type { SourceConnection } from "../source/source_connection.ts";
import { setUpSession } from "../source/session_setup.ts";
import { sourceAddress } from "../source/source_options.ts";
import type { CommandContext } from "./command.ts";
import { isSourceUrl, readSourceOptions } from "./source_options.ts";
import { unexpectedArgument } from "./unexpected_argument.ts";

const HEARTBEAT_MS = 10_000;
const POSITION_MAX = 2 ** 32 - 1;
const HEAD_POSITION = 4;

/** Whether the command line names a source rather than files. */
export function namesSource({ positionals, options }: CommandContext): boolean {
  if (positionals.some(isSourceUrl)) return true;
  return positionals.length === 0 && (options.host !== undefined || options.socket !== undefined);
}

/** Where to begin, from the command line. */
function readStart({ options }: CommandContext): { file: string; position: number } {
  const file = (options["start-file"] as string | undefined) ?? "";
  const position = (options["start-position"] as number | undefined) ?? HEAD_POSITION;
  if (position < HEAD_POSITION || position > POSITION_MAX) {
    throw new UsageError(`Cannot use --start-position=${position}`, {
      expected: `${HEAD_POSITION} to ${POSITION_MAX}`,
    });
  }
  if (position > HEAD_POSITION && file === "") {
    throw new UsageError("--start-position of a source needs --start-file");
  }
  return { file, position };
}

/** A server id that no server has: the high ones are rarely given by hand. */
function randomServerId(): number {
  return (crypto.getRandomValues(new Uint32Array(1))[0]! | 0x8000_0000) >>> 0;
}

async function requestDump(
  connection: SourceConnection,
  context: CommandContext,
  start: { file: string; position: number },
  address: string,
): Promise<boolean> {
  const follow = context.options.follow === true;
  const session = await setUpSession(connection, {
    serverId: randomServerId(),
    uuid: crypto.randomUUID(),
    heartbeatMs: HEARTBEAT_MS,
    semiSync: "off",
    nonBlocking: !follow,
    reportHost: "",
    address,
    log: context.log,
  });
  let flags: number = follow ? 0 : DUMP_FLAG.BINLOG_DUMP_NON_BLOCK;
  if (connection.flavour === "mariadb") flags |= DUMP_FLAG.BINLOG_SEND_ANNOTATE_ROWS_EVENT;
  await connection.sendCommand(encodeBinlogDump({ ...start, flags, serverId: session.serverId }));
  return session.checksum;
}

/**
 * Shows the events of a live source as they come, to the end of its binlog or, with --follow, until told
 * to end. Needs REPLICATION SLAVE; nothing is acknowledged and nothing stored.
 */
export async function showSource(
  context: CommandContext,
  walk: EventWalk,
  out: TextOutput,
): Promise<void> {
  const { signal, log, options, positionals } = context;
  const start = readStart(context);
  const source = await readSourceOptions(context);
  if (positionals.length > 0) throw unexpectedArgument(positionals[0]!);
  const stop = options["stop-position"] as number | undefined;
  const connection = await connectSource(source, log, signal).catch((error) => {
    if (!signal.aborted) throw error;
  });
  if (!connection) return;
  const onAbort = (): void => connection.close();
  signal.addEventListener("abort", onAbort, { once: true });
  let events: EventStream | undefined;
  try {
    const checksum = await requestDump(connection, context, start, sourceAddress(source));
    events = new EventStream({
      ...connection.handover(),
      checksum,
      onWait: () => out.flush(),
    });
    let first: string | undefined;
    while (await events.next()) {
      first ??= events.file;
      if (events.newFile) walk.begin();
      if (stop !== undefined && events.file === first && events.position >= stop) break;
      walk.take(events);
    }
  } catch (error) {
    if (!signal.aborted) throw explain(error, connection.flavour);
  } finally {
    signal.removeEventListener("abort", onAbort);
    events?.close();
    connection.close();
  }
}
