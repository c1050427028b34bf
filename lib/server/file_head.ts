import { EVENT_HEADER_SIZE } from "../binlog/event_header.ts";
import { EventScanner } from "../binlog/event_scanner.ts";
import { EVENT_TYPE } from "../binlog/event_type.ts";
import { CHECKSUM_ALGORITHM, isMariadbVersion } from "../binlog/format_description_event.ts";
import { decodeGtidList } from "../binlog/gtid_event.ts";
import { BinlogdError } from "../errors.ts";
import type { GtidSet } from "../gtid/gtid_set.ts";
import { decodeGtidSet } from "../gtid/gtid_set_codec.ts";
import type { MariadbGtid } from "../gtid/mariadb_position.ts";

/** Events looked at in the head of a file before giving up on finding a transaction. */
const EVENTS_MAX = 16;

/** What the first events of a binlog file say. */
export interface FileHead {
  serverVersion: string;
  mariadb: boolean;
  /** Whether the events of the file have a CRC32. */
  checksum: boolean;
  /** The whole format description event, as it is in the file. */
  formatEvent: Uint8Array;
  /** Transactions of all files before: PREVIOUS_GTIDS of MySQL. */
  previousGtids: GtidSet | undefined;
  /** GTID_LIST of MariaDB. */
  gtidList: MariadbGtid[] | undefined;
  /** Whether the first transaction of the file has a GTID; undefined while there is none. */
  gtidMode: boolean | undefined;
  /** The GTID event of that transaction, without checksum. */
  firstGtid: Uint8Array | undefined;
  /** Bytes that the file had before its head was read. */
  fileSize: number;
  /** What should say which transactions are before it can't be read. */
  damaged: boolean;
}

const GTID_MODE = new Map<number, boolean>([
  [EVENT_TYPE.GTID_LOG_EVENT, true],
  [EVENT_TYPE.GTID_TAGGED_LOG_EVENT, true],
  [EVENT_TYPE.GTID_EVENT, true],
  [EVENT_TYPE.ANONYMOUS_GTID_LOG_EVENT, false],
  [EVENT_TYPE.QUERY_EVENT, false],
]);

function wholeBody(scanner: EventScanner): Uint8Array {
  const event = new Uint8Array(scanner.eventSize);
  let at = 0;
  for (let part: Uint8Array | undefined = scanner.head; part; part = scanner.nextPart()) {
    event.set(part, at);
    at += part.length;
  }
  return event.subarray(EVENT_HEADER_SIZE, event.length - scanner.checksumSize);
}

/**
 * Reads the head of a file; undefined where not even the format description is there yet.
 * @throws {FormatError} where that is damaged.
 */
export function readFileHead(path: string, file: string): FileHead | undefined {
  using handle = Deno.openSync(path, { read: true });
  const fileSize = handle.statSync().size;
  const scanner = new EventScanner(handle, { file });
  if (!scanner.next()) return undefined;
  const format = scanner.format!;
  const head: FileHead = {
    serverVersion: format.serverVersion,
    mariadb: isMariadbVersion(format.serverVersion),
    checksum: format.checksumAlgorithm === CHECKSUM_ALGORITHM.CRC32,
    formatEvent: scanner.head.slice(),
    previousGtids: undefined,
    gtidList: undefined,
    gtidMode: undefined,
    firstGtid: undefined,
    fileSize,
    damaged: false,
  };
  try {
    readUpToTransaction(scanner, head);
  } catch (error) {
    // A dump says so when it comes there; what is before can be served.
    if (!(error instanceof BinlogdError)) throw error;
    head.damaged = !head.previousGtids && !head.gtidList;
  }
  return head;
}

function readUpToTransaction(scanner: EventScanner, head: FileHead): void {
  for (let i = 0; i < EVENTS_MAX && scanner.next(); i++) {
    const type = scanner.eventType;
    head.gtidMode = GTID_MODE.get(type);
    if (head.gtidMode) {
      head.firstGtid = scanner.head.slice(0, scanner.headSize - scanner.checksumSize);
    }
    if (head.gtidMode !== undefined) break;
    if (type === EVENT_TYPE.PREVIOUS_GTIDS_LOG_EVENT) {
      head.previousGtids = decodeGtidSet(wholeBody(scanner));
    } else if (type === EVENT_TYPE.GTID_LIST_EVENT) {
      head.gtidList = decodeGtidList(wholeBody(scanner));
    }
  }
}
