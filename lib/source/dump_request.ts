import { BINLOG_MAGIC } from "../binlog/event_header.ts";
import {
  DUMP_FLAG,
  EMPTY_GTID_SET,
  encodeBinlogDump,
  encodeBinlogDumpGtid,
} from "../protocol/binlog_dump.ts";
import type { Store } from "../store/store.ts";
import type { Session } from "./session_setup.ts";
import type { SourceConnection } from "./source_connection.ts";

/** What is asked of the source. */
export interface DumpRequest {
  /** Empty: the oldest file. */
  file: string;
  position: number;
  flags: number;
  serverId: number;
  /** Ask with COM_BINLOG_DUMP_GTID and an empty set: its position has 64 bits. */
  wide: boolean;
}

/** Settings of {@link chooseRequest}. */
export interface RequestChoice {
  store: Store;
  session: Session;
  startFile?: string;
  /** Begin this file although the store ends in an earlier one. */
  nextFile?: string;
  /** Have the store's last file sent again from its beginning. */
  wholeFile?: boolean;
}

/** The largest position that COM_BINLOG_DUMP can name. */
export const POSITION_MAX: number = 2 ** 32 - 1;

/** Whether a source takes requests in the wide form, which names any position. */
export function takesWide({ source, gtidMode }: Session): boolean {
  return source.flavour === "mysql" && gtidMode.startsWith("ON");
}

/**
 * Where to go on: at the beginning of the last whole transaction that the store holds, so that the
 * source shows it again and proves to be the same; an empty store begins at the start file.
 *
 * Beyond 4 GiB, which COM_BINLOG_DUMP can't name, MySQL with GTIDs is asked in the wide form;
 * others send again from the newest transaction end below 4 GiB.
 */
export function chooseRequest(choice: RequestChoice): DumpRequest {
  const { store, session } = choice;
  const { serverId, nonBlocking, source: { flavour } } = session;
  let flags: number = nonBlocking ? DUMP_FLAG.BINLOG_DUMP_NON_BLOCK : 0;
  if (flavour === "mariadb") flags |= DUMP_FLAG.BINLOG_SEND_ANNOTATE_ROWS_EVENT;
  const { last } = store;
  let file = choice.startFile ?? "";
  let position = BINLOG_MAGIC.length;
  let wide = false;
  const next = choice.nextFile ?? store.fileAfterHole;
  if (next !== undefined) file = next;
  else if (last) {
    file = last.file;
    if (!choice.wholeFile) position = last.previousTransactionEnd;
    wide = position > POSITION_MAX && takesWide(session);
    if (!wide && position > POSITION_MAX) position = last.safeTransactionEnd;
  }
  return { file, position, flags, serverId, wide };
}

/** Sends the request; the stream of events is its answer. */
export async function sendRequest(
  connection: SourceConnection,
  request: DumpRequest,
): Promise<void> {
  const { wide, ...dump } = request;
  await connection.sendCommand(
    wide ? encodeBinlogDumpGtid({ ...dump, gtidSet: EMPTY_GTID_SET }) : encodeBinlogDump(dump),
  );
}
