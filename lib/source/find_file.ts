import { EVENT_HEADER_SIZE } from "../binlog/event_header.ts";
import { EVENT_TYPE } from "../binlog/event_type.ts";
import { decodeRotateEvent } from "../binlog/rotate_event.ts";
import { ProtocolError } from "../errors.ts";
import { GtidSet } from "../gtid/gtid_set.ts";
import { encodeGtidSet } from "../gtid/gtid_set_codec.ts";
import { MariadbPosition } from "../gtid/mariadb_position.ts";
import type { Logger } from "../log.ts";
import { DUMP_FLAG, encodeBinlogDump, encodeBinlogDumpGtid } from "../protocol/binlog_dump.ts";
import { decodeErr, RESPONSE } from "../protocol/response.ts";
import { checkGtidFlavour } from "./check_gtid_flavour.ts";
import { lookInto, type SourceToLookInto } from "./look_into.ts";
import type { SourceConnection } from "./source_connection.ts";

/** Where a dump would begin: at its file's position, or after a GTID set; else at the oldest file. */
export interface DumpStart {
  file?: string;
  /** Below 2^32. */
  position?: number;
  gtidSet?: string | undefined;
}

/**
 * Asks the source for a dump only to learn from its first event, an artificial rotate, with which
 * file it would begin: with a GTID set the one that holds the first transaction not in it, without
 * anything its oldest. Needs no privilege beyond REPLICATION SLAVE.
 *
 * @throws {ServerError} 1236 where the source can't begin there.
 */
export async function findSourceFile(
  source: SourceToLookInto,
  log: Logger,
  signal: AbortSignal,
  start: DumpStart = {},
): Promise<string> {
  const { file = "", position = 4, gtidSet } = start;
  return await lookInto(source, log, signal, async (connection) => {
    const dump = { position, flags: DUMP_FLAG.BINLOG_DUMP_NON_BLOCK, serverId: 0, file };
    if (gtidSet !== undefined) checkGtidFlavour("start-gtid", gtidSet, connection.flavour);
    if (gtidSet === undefined) await connection.sendCommand(encodeBinlogDump(dump));
    else if (connection.flavour === "mysql") {
      const encoded = encodeGtidSet(GtidSet.parse(gtidSet));
      await connection.sendCommand(encodeBinlogDumpGtid({ ...dump, gtidSet: encoded }));
    } else {
      const position = MariadbPosition.parse(gtidSet).toString();
      await connection.query(
        `SET @slave_connect_state = '${position}', @slave_gtid_strict_mode = 0`,
      );
      await connection.sendCommand(encodeBinlogDump(dump));
    }
    return await readFirstFile(connection);
  });
}

async function readFirstFile(connection: SourceConnection): Promise<string> {
  const payload = await connection.info.channel.read();
  if (payload[0] === RESPONSE.ERR) throw decodeErr(payload);
  const event = payload.subarray(1);
  if (event[4] !== EVENT_TYPE.ROTATE_EVENT) {
    throw new ProtocolError(`The dump begins with event type ${event[4]}`, {
      expected: "an artificial ROTATE_EVENT",
    });
  }
  return decodeRotateEvent(event.subarray(EVENT_HEADER_SIZE)).file;
}
