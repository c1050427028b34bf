import { CompareSink } from "../inspect/against_bytes.ts";
import { compareSizes, readSourceFiles, type SourceFileSize } from "../inspect/against_sizes.ts";
import type { FileReport } from "../inspect/verify_file.ts";
import type { Finding } from "../inspect/verify_finding.ts";
import { BINLOG_MAGIC } from "../binlog/event_header.ts";
import { ServerError } from "../errors.ts";
import { BatchPool } from "../pipeline/batch_pool.ts";
import { EventParser } from "../pipeline/event_parser.ts";
import { PacketDeframer } from "../pipeline/packet_deframer.ts";
import { socketSource } from "../pipeline/socket_source.ts";
import { StreamState } from "../pipeline/stream_state.ts";
import { makeWasmEventKernel } from "../pipeline/wasm_event_kernel.ts";
import { DUMP_FLAG } from "../protocol/binlog_dump.ts";
import { connectSource } from "../source/connect.ts";
import { sendRequest } from "../source/dump_request.ts";
import { setUpSession } from "../source/session_setup.ts";
import type { SourceConnection } from "../source/source_connection.ts";
import type { SourceOptions } from "../source/source_options.ts";
import { newIdentity } from "../store/identity.ts";
import type { CommandContext } from "./command.ts";
import { readSourceOptions } from "./source_options.ts";

const HEARTBEAT_MS = 10_000;

/** The source that --against names. */
export async function readAgainst(context: CommandContext): Promise<SourceOptions | undefined> {
  const url = context.options.against as string | undefined;
  if (url === undefined) return undefined;
  return await readSourceOptions({ ...context, positionals: [url] });
}

/**
 * Compares the files of a folder with the source's: their sizes, and with `bytes` their content, which
 * the source has to send once more.
 */
export async function verifyAgainst(
  source: SourceOptions,
  dir: string,
  reports: readonly FileReport[],
  bytes: boolean,
  context: CommandContext,
): Promise<Finding[]> {
  const { log, signal } = context;
  const connection = await connectSource(source, log, signal);
  let files: SourceFileSize[];
  try {
    files = await sourceFiles(connection);
  } finally {
    connection.close();
  }
  const found = compareSizes(reports, files);
  if (!bytes) return found;
  const ours = reports.map(({ file }) => file);
  const first = ours.find((file) => files.some(({ name }) => name === file));
  if (first === undefined) return found;
  const second = await connectSource(source, log, signal);
  try {
    return [...found, ...await compareBytes(second, dir, ours, first, context)];
  } finally {
    second.close();
  }
}

async function sourceFiles(connection: SourceConnection): Promise<SourceFileSize[]> {
  try {
    return readSourceFiles((await connection.query("SHOW BINARY LOGS")).rows);
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    const privilege = connection.flavour === "mariadb" ? "BINLOG MONITOR" : "REPLICATION CLIENT";
    throw new ServerError(`Cannot list the source's files: ${error.message}`, {
      ...error.details,
      cause: error,
      hint: `on the source: GRANT ${privilege} ON *.* TO the account`,
    });
  }
}

/** Lets the source send everything from a file on, and compares it as it comes. */
async function compareBytes(
  connection: SourceConnection,
  dir: string,
  files: readonly string[],
  file: string,
  context: CommandContext,
): Promise<Finding[]> {
  const { serverId, uuid } = newIdentity();
  const session = await setUpSession(connection, {
    serverId,
    uuid,
    heartbeatMs: HEARTBEAT_MS,
    semiSync: "off",
    nonBlocking: true,
    reportHost: "",
    address: "",
    log: context.log,
  });
  const annotate = connection.flavour === "mariadb" ? DUMP_FLAG.BINLOG_SEND_ANNOTATE_ROWS_EVENT : 0;
  const position = BINLOG_MAGIC.length;
  const flags = DUMP_FLAG.BINLOG_DUMP_NON_BLOCK | annotate;
  const request = { file, position, flags, serverId: session.serverId, wide: false };
  await sendRequest(connection, request);
  const { stream, buffered } = connection.handover();
  const kernel = makeWasmEventKernel();
  const state = new StreamState(false);
  const sink = new CompareSink({ dir, files, onOver: () => connection.close() });
  const checkSequence = connection.info.compression === "uncompressed";
  const onAbort = (): void => connection.close();
  context.signal.addEventListener("abort", onAbort, { once: true });
  try {
    await socketSource(stream, new BatchPool(kernel.allocate), { buffered })
      .pipeThrough(new PacketDeframer(state, { checkSequence, kernel }))
      .pipeThrough(new EventParser(state, { kernel, file, position, checksum: session.checksum }))
      .pipeTo(sink);
  } catch (error) {
    if (!state.ended && !sink.over) throw error;
  } finally {
    context.signal.removeEventListener("abort", onAbort);
  }
  context.signal.throwIfAborted();
  return sink.findings;
}
