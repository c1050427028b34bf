import { BINLOG_MAGIC, EVENT_HEADER_SIZE } from "../binlog/event_header.ts";
import { EventScanner } from "../binlog/event_scanner.ts";
import { EVENT_TYPE } from "../binlog/event_type.ts";
import type { FormatDescriptionEvent } from "../binlog/format_description_event.ts";
import { decodeRotateEvent } from "../binlog/rotate_event.ts";
import { TransactionTracker } from "../binlog/transaction_tracker.ts";
import { FormatError, LostBytesError, StoreError } from "../errors.ts";
import { STATE_FILE } from "./store_state.ts";
import { systemError } from "./system_error.ts";

/** What a file holds, as far as it is whole. */
export interface RecoveredFile {
  file: string;
  /** Bytes in the file now. */
  size: number;
  /** End of the last whole event; 4 or less when there is none, 0 without the magic. */
  eventEnd: number;
  transactionEnd: number;
  previousTransactionEnd: number;
  /** The newest transaction end that fits a 32-bit dump request. */
  safeTransactionEnd: number;
  /** Body of the format description, undefined when the file has none yet. */
  formatBody: Uint8Array | undefined;
  format: FormatDescriptionEvent | undefined;
  /** File named by the ROTATE_EVENT at its end. */
  nextFile?: string;
  /** The file ends with a STOP_EVENT. */
  stopped: boolean;
}

/**
 * Reads a file of the store from its beginning and finds the ends of its last whole event and its
 * last two whole transactions. What follows the last whole event may be anything: a cut event, or
 * after a power cut bytes that never reached the disk.
 *
 * `from` is a transaction end known from before, and `safe` one below 4 GiB; what lies below `from`
 * is not read again. A file that ends before it is read as a whole.
 *
 * @throws {LostBytesError} where damage begins below `durable`: those bytes were on disk once; and
 * for any damage where `durable` is not known.
 * @throws {StoreError} for a file that is no binlog file, which is nobody's to cut.
 * @throws {StoreIoError} where the file is gone or can't be read.
 */
export function recoverFile(
  dir: string,
  file: string,
  durable: number | undefined,
  from = BINLOG_MAGIC.length,
  safe = BINLOG_MAGIC.length,
): RecoveredFile {
  const path = `${dir}/${file}`;
  try {
    using handle = Deno.openSync(path, { read: true });
    return recoverOpened(handle, path, file, durable, from, safe);
  } catch (cause) {
    throw systemError("read", path, cause);
  }
}

function recoverOpened(
  handle: Deno.FsFile,
  path: string,
  file: string,
  durable: number | undefined,
  from: number,
  safe: number,
): RecoveredFile {
  const size = handle.statSync().size;
  const found: RecoveredFile = {
    file,
    size,
    eventEnd: Math.min(size, BINLOG_MAGIC.length),
    transactionEnd: BINLOG_MAGIC.length,
    previousTransactionEnd: BINLOG_MAGIC.length,
    safeTransactionEnd: BINLOG_MAGIC.length,
    formatBody: undefined,
    format: undefined,
    stopped: false,
  };
  if (size < BINLOG_MAGIC.length) checkBegun(handle, path);
  try {
    const scanner = new EventScanner(handle, { file, verifyChecksums: true });
    const isKnown = from > BINLOG_MAGIC.length && from <= size;
    scanEvents(scanner, found, isKnown ? 1 : Infinity);
    if (isKnown && found.format) {
      handle.seekSync(from, Deno.SeekMode.Start);
      found.eventEnd = found.transactionEnd = found.previousTransactionEnd = from;
      found.safeTransactionEnd = from < 2 ** 32 ? from : safe;
      const { format } = found;
      const options = { file, verifyChecksums: true, startPosition: from, format };
      scanEvents(new EventScanner(handle, options), found, Infinity);
    }
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    if (cause.details.position === 0) checkBegun(handle, path, cause);
    checkMayBeCut(found, cause, durable);
    if (cause.details.position === 0) found.eventEnd = 0;
  }
  found.eventEnd = Math.min(found.eventEnd, size);
  return found;
}

/** Damage, unlike an event that is not complete, is cut off only where nothing was synced. */
function checkMayBeCut(found: RecoveredFile, damage: FormatError, durable?: number): void {
  const { file, size, eventEnd } = found;
  const at = damage.details.position ?? eventEnd;
  const unknown = durable === undefined && at > 0;
  if (!unknown && at >= (durable ?? 0)) return;
  const what = unknown
    ? `${file} is damaged at ${at}, and how far it was synced is not known without ${STATE_FILE}`
    : `${file} is damaged below ${durable}, where it was synced`;
  throw new LostBytesError(what, {
    file,
    position: eventEnd,
    end: durable ?? size,
    cause: damage,
    hint: "binlogd verify names the damage; --refetch fetches that part from the source again",
  });
}

/**
 * A file without its magic, or with a part of it only: zeros are what a power cut leaves of a new
 * file, and nothing in it was ever durable. Anything else is not ours to cut or to complete.
 */
function checkBegun(handle: Deno.FsFile, path: string, cause?: FormatError): void {
  const head = new Uint8Array(BINLOG_MAGIC.length);
  handle.seekSync(0, Deno.SeekMode.Start);
  const size = handle.readSync(head) ?? 0;
  handle.seekSync(0, Deno.SeekMode.Start);
  const begun = head.subarray(0, size);
  const isPart = size < head.length && begun.every((byte, i) => byte === BINLOG_MAGIC[i]);
  if (isPart || begun.every((byte) => byte === 0)) return;
  throw new StoreError(
    `Cannot go on behind ${path}: ${cause?.message ?? "it is no binlog file"}`,
    {
      position: 0,
      ...cause?.details,
      file: path,
      hint: "move the file elsewhere, and its line out of the index",
      cause,
    },
  );
}

function scanEvents(scanner: EventScanner, found: RecoveredFile, limit: number): void {
  const tracker = new TransactionTracker();
  for (let count = 0; count < limit && scanner.next(); count++) {
    const checksum = scanner.checksumSize;
    tracker.next(scanner.buffer, scanner.offset, scanner.eventSize - checksum);
    const type = scanner.eventType;
    const body = type === EVENT_TYPE.FORMAT_DESCRIPTION_EVENT || type === EVENT_TYPE.ROTATE_EVENT
      ? scanner.head.slice(EVENT_HEADER_SIZE)
      : undefined;
    const ended = tracker.ended;
    const end = scanner.endPosition;
    while (scanner.nextPart() !== undefined);
    if (type === EVENT_TYPE.FORMAT_DESCRIPTION_EVENT) {
      found.formatBody = body;
      found.format = scanner.format;
    } else if (type === EVENT_TYPE.ROTATE_EVENT) {
      found.nextFile = decodeRotateEvent(body!.subarray(0, body!.length - checksum)).file;
    } else if (type === EVENT_TYPE.STOP_EVENT) found.stopped = true;
    found.eventEnd = end;
    if (ended) {
      found.previousTransactionEnd = found.transactionEnd;
      found.transactionEnd = end;
      if (end < 2 ** 32) found.safeTransactionEnd = end;
    }
  }
}
