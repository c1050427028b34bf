import { EVENT_FLAG } from "../binlog/event_header.ts";
import { EncryptedError } from "../binlog/encrypted_error.ts";
import { EventScanner, type SyncReader } from "../binlog/event_scanner.ts";
import type { TornEvent } from "../binlog/event_scanner_options.ts";
import { EVENT_TYPE } from "../binlog/event_type.ts";
import type { EventWalk } from "./events_walk.ts";
import { pause } from "../pause.ts";
import { Turns } from "../turns.ts";

/** The event loop gets a turn so often, for signals. */
const TURN_MS = 100;
const EVENTS_PER_LOOK = 256;
/** How often a file that grows is looked at. */
const POLL_MS = 200;

/** Settings of {@link walkFile}. */
export interface WalkFileOptions {
  /** Name in output and errors. */
  file: string;
  /** Begin with the event at this position. */
  startPosition?: number;
  /** End before the event at this position or behind it. */
  stopPosition?: number;
  verifyChecksums?: boolean;
  /** Wait for more at the end of the file; without it the end is the end. */
  follow?: boolean;
  /** With follow: called at the end of what is there; true when no more will come. */
  ended?: () => boolean;
  /** Called before each wait, and now and then. */
  flush?: () => void;
  signal: AbortSignal;
}

/** How the walk through a file ended. */
export interface FileOutcome {
  /** The stop position was reached. */
  stopped: boolean;
  /** The last event of the file is cut off. */
  torn: TornEvent | undefined;
  /** The last event says that the file is closed. */
  closed: boolean;
  /** Where the last event ends that was read; 0 where there was none. */
  end: number;
}

/** A scanner that stands before the event at `position`; reads the head of the file to know its format. */
function openAt(
  reader: SyncReader & { seekSync?: (offset: number, whence: Deno.SeekMode) => number },
  options: WalkFileOptions,
): EventScanner {
  const { file, startPosition = 0, verifyChecksums = false } = options;
  const scanner = new EventScanner(reader, { file, verifyChecksums });
  if (startPosition <= 4 || !reader.seekSync) return scanner;
  if (!scanner.next() || !scanner.format || scanner.endPosition >= startPosition) {
    reader.seekSync(0, Deno.SeekMode.Start);
    return new EventScanner(reader, { file, verifyChecksums });
  }
  reader.seekSync(startPosition, Deno.SeekMode.Start);
  const { format } = scanner;
  return new EventScanner(reader, { file, startPosition, format, verifyChecksums });
}

/** Whether the scanner stands on the event that says that what follows in the file is encrypted. */
function beginsEncryption(scanner: EventScanner): boolean {
  return scanner.eventType === EVENT_TYPE.START_ENCRYPTION_EVENT &&
    !(scanner.flags & EVENT_FLAG.LOG_EVENT_IGNORABLE_F);
}

/**
 * Shows the events of one file, or of standard input, to a walk. Where a reader has `more`, what was
 * read of it is shown before it is waited for.
 * @throws {FormatError} for damage, with file and position.
 */
export async function walkFile(
  reader: SyncReader & { more?: () => Promise<boolean> },
  walk: EventWalk,
  options: WalkFileOptions,
): Promise<FileOutcome> {
  const { startPosition = 0, stopPosition = Infinity, signal, flush, follow } = options;
  const scanner = openAt(reader, options);
  walk.begin();
  const turns = new Turns(TURN_MS);
  let closed = false;
  for (let count = 1; !signal.aborted; count++) {
    if (!scanner.next()) {
      if (reader.more) {
        flush?.();
        if (await reader.more()) continue;
      }
      if (!follow) break;
      const over = options.ended?.() ?? false;
      // What was written before the end came is still to be shown.
      if (!scanner.next()) {
        if (over) break;
        flush?.();
        await pause(POLL_MS, signal);
        continue;
      }
    }
    if (scanner.position >= stopPosition) {
      return { stopped: true, torn: undefined, closed, end: scanner.position };
    }
    if (scanner.position < startPosition) continue;
    closed = isClosing(scanner);
    if (follow && !scanner.whole && !await wholeThere(reader, scanner, signal)) break;
    walk.take(scanner);
    if (beginsEncryption(scanner)) throw new EncryptedError(scanner);
    if (count % EVENTS_PER_LOOK === 0) await turns.give();
  }
  return { stopped: false, torn: scanner.torn, closed, end: scanner.endPosition };
}

function isClosing(scanner: EventScanner): boolean {
  if (scanner.isRelayLog) return false;
  return scanner.eventType === EVENT_TYPE.ROTATE_EVENT ||
    scanner.eventType === EVENT_TYPE.STOP_EVENT;
}

/** Waits until a large event that is being written is there whole; false when told to end. */
async function wholeThere(
  reader: SyncReader & { statSync?: () => Deno.FileInfo },
  scanner: EventScanner,
  signal: AbortSignal,
): Promise<boolean> {
  while (reader.statSync && reader.statSync().size < scanner.endPosition) {
    await pause(POLL_MS, signal);
    if (signal.aborted) return false;
  }
  return true;
}
