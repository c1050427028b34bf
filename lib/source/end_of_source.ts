import { EVENT_FLAG, EVENT_HEADER_SIZE, HEADER_OFFSET } from "../binlog/event_header.ts";
import { EVENT_TYPE } from "../binlog/event_type.ts";
import { ConnectionError, OversizeError } from "../errors.ts";
import { DUMP_FLAG } from "../protocol/binlog_dump.ts";
import { decodeErr, isEof, RESPONSE } from "../protocol/response.ts";
import { AskAgain } from "./ask_again.ts";
import type { DumpOptions } from "./dump_options.ts";
import { type DumpRequest, POSITION_MAX, sendRequest, takesWide } from "./dump_request.ts";
import { type DumpStream, SourceShorterError } from "./dump_stream.ts";
import { isShorterSource } from "./gap.ts";
import { lookInto } from "./look_into.ts";
import type { Session } from "./session_setup.ts";
import type { SourceConnection } from "./source_connection.ts";

/**
 * Whether a source that ended its answer has sent all there is. A dump thread that is killed, by KILL
 * QUERY or as the source shuts down, ends it with the same EOF packet as one that is done (MySQL
 * sql/rpl_binlog_sender.cc Binlog_sender::run, MariaDB sql/sql_repl.cc mysql_binlog_send), so that
 * the source is asked once more for what comes next.
 */
export class EndOfSource {
  readonly #options: DumpOptions;
  #askedAgain = false;

  constructor(options: DumpOptions) {
    this.#options = options;
  }

  /**
   * Returns where `stream` has brought everything.
   * @throws {ConnectionError} where it was broken off.
   * @throws {AskAgain} where there is more; the second time it has come in between.
   * @throws {SourceShorterError} where the source ends before the store does.
   */
  async check(stream: DumpStream, session: Session, signal: AbortSignal): Promise<void> {
    const { resume, comparing } = stream.sink;
    const { file, endedInside } = stream.state;
    if (!resume || file === "") throw brokenOff("before its first event");
    if (this.#askedAgain && !comparing && !endedInside) return;
    const position = resume.eventEnd;
    const wide = position > POSITION_MAX;
    const flags = DUMP_FLAG.BINLOG_DUMP_NON_BLOCK;
    const request = { file: resume.file, position, flags, serverId: 0, wide };
    const more = !wide || takesWide(session)
      ? await this.#hasMore(request, comparing, signal)
      : endedInside;
    if (comparing) throw brokenOff("before it had shown again what the store holds");
    if (!more) return;
    if (endedInside) throw brokenOff("inside a transaction");
    this.#askedAgain = true;
    throw new AskAgain("the source has more than it sent; asking for the rest");
  }

  async #hasMore(request: DumpRequest, comparing: boolean, signal: AbortSignal): Promise<boolean> {
    const { source, log, heartbeatMs } = this.#options;
    try {
      return await lookInto({ ...source, heartbeatMs }, log, signal, async (connection) => {
        await sendRequest(connection, request);
        return await hasEvents(connection);
      });
    } catch (error) {
      if (error instanceof OversizeError) return true; // a large event
      if (!comparing || !isShorterSource(error)) throw error;
      throw new SourceShorterError("The source's binlog ends before the store does");
    }
  }
}

function brokenOff(where: string): ConnectionError {
  return new ConnectionError(`The source ended the stream ${where}`, {
    hint: "its dump thread was killed, or it is shutting down",
  });
}

/** Whether the answer to a dump request has an event besides those that begin every answer. */
async function hasEvents(connection: SourceConnection): Promise<boolean> {
  const { channel } = connection.info;
  for (let formats = 0;;) {
    const payload = await channel.read();
    if (payload[0] === RESPONSE.ERR) throw decodeErr(payload);
    if (isEof(payload)) return false;
    const event = payload.subarray(1);
    if (event.length < EVENT_HEADER_SIZE) return true;
    const flags = event[HEADER_OFFSET.flags]!;
    switch (event[HEADER_OFFSET.eventType]) {
      case EVENT_TYPE.FORMAT_DESCRIPTION_EVENT:
        if (++formats > 1) return true;
        break;
      case EVENT_TYPE.HEARTBEAT_LOG_EVENT:
      case EVENT_TYPE.HEARTBEAT_LOG_EVENT_V2:
      case EVENT_TYPE.START_ENCRYPTION_EVENT:
        break;
      default:
        if (!(flags & EVENT_FLAG.LOG_EVENT_ARTIFICIAL_F)) return true;
    }
  }
}
