import { CHECKSUM_SIZE, EVENT_HEADER_SIZE, HEADER_OFFSET } from "../binlog/event_header.ts";
import { EVENT_TYPE } from "../binlog/event_type.ts";
import {
  CHECKSUM_ALGORITHM,
  decodeFormatDescriptionEvent,
} from "../binlog/format_description_event.ts";
import { GtidTracker } from "../binlog/gtid_event.ts";
import type { Logger } from "../log.ts";
import { DUMP_FLAG, encodeBinlogDump } from "../protocol/binlog_dump.ts";
import { decodeErr, RESPONSE } from "../protocol/response.ts";
import { lookInto, type SourceToLookInto } from "./look_into.ts";

/** Events before the one that lists GTIDs: rotate, format description, and on MariaDB a key. */
const EVENTS_BEFORE = 4;

/**
 * What a file of the source says was done before it: its PREVIOUS_GTIDS_LOG_EVENT or GTID_LIST_EVENT.
 * Empty where it has none.
 * @throws {ServerError} 1236 where the source can't send the file.
 */
export async function readFileHead(
  source: SourceToLookInto,
  log: Logger,
  signal: AbortSignal,
  file: string,
): Promise<GtidTracker> {
  return await lookInto(source, log, signal, async (connection) => {
    // Events come as they are in the file, with a CRC or without, which its format description tells.
    await connection.query(
      "SET @master_binlog_checksum = @@global.binlog_checksum, " +
        "@source_binlog_checksum = @@global.binlog_checksum",
    );
    const flags = DUMP_FLAG.BINLOG_DUMP_NON_BLOCK;
    await connection.sendCommand(encodeBinlogDump({ position: 4, flags, serverId: 0, file }));
    const head = new GtidTracker();
    let checksumSize = 0;
    for (let i = 0; i < EVENTS_BEFORE; i++) {
      const payload = await connection.info.channel.read();
      if (payload[0] === RESPONSE.ERR) throw decodeErr(payload);
      const event = payload.subarray(1);
      if (event.length < EVENT_HEADER_SIZE) break; // the end
      const type = event[HEADER_OFFSET.eventType];
      if (type === EVENT_TYPE.FORMAT_DESCRIPTION_EVENT) {
        const format = decodeFormatDescriptionEvent(event.subarray(EVENT_HEADER_SIZE));
        checksumSize = format.checksumAlgorithm === CHECKSUM_ALGORITHM.CRC32 ? CHECKSUM_SIZE : 0;
      }
      if (type === EVENT_TYPE.PREVIOUS_GTIDS_LOG_EVENT || type === EVENT_TYPE.GTID_LIST_EVENT) {
        head.take(event.subarray(0, event.length - checksumSize));
        break;
      }
    }
    return head;
  });
}
