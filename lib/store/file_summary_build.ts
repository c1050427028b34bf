import { EncryptedError } from "../binlog/encrypted_error.ts";
import { BINLOG_MAGIC, CHECKSUM_SIZE, EVENT_FLAG, HEADER_OFFSET } from "../binlog/event_header.ts";
import {
  type FormatDescriptionEvent,
  isMariadbVersion,
} from "../binlog/format_description_event.ts";
import { GtidCollector } from "../binlog/gtid_collector.ts";
import { crc32 } from "../bytes/crc32.ts";
import { FormatError } from "../errors.ts";
import { GtidSet } from "../gtid/gtid_set.ts";
import { MariadbGtidSet } from "../gtid/mariadb_gtid_set.ts";
import { formatMariadbGtid, MariadbPosition } from "../gtid/mariadb_position.ts";
import type { FilePoint, FileSummary, ScannedFile } from "./file_summary.ts";
import { FileScan } from "./file_summary_scan.ts";
import { Turns } from "../turns.ts";

/** Bytes between two points: so much is read to find one transaction. */
const POINT_SPACING = 1024 * 1024;
/** Bytes that are read between two chances for others to do something. */
const STEP = 4 * 1024 * 1024;
const MICROSECONDS = 1e6;

/** Settings of {@link summariseFile}. */
export interface SummariseOptions {
  signal?: AbortSignal;
  /** Called now and then with the bytes of the file that were read. */
  onProgress?: (bytes: number) => void;
  /** Bytes to read at a time, and how long to let others work between: 4 MiB, not at all. */
  step?: number;
  pauseMs?: number;
  /** What was known of the file when it was shorter. */
  before?: ScannedFile;
}

/** The format description at the head of an open file, and its CRC. */
function readHead(
  handle: Deno.FsFile,
  file: string,
): { format: FormatDescriptionEvent; head: number } {
  const scan = new FileScan(handle, { file });
  if (!scan.step() || !scan.scanner.format) {
    throw new FormatError(`${file} holds no format description yet`, { file, position: 0 });
  }
  const event = scan.scanner.head.slice();
  event[HEADER_OFFSET.flags]! &= ~EVENT_FLAG.LOG_EVENT_BINLOG_IN_USE_F;
  // A CRC over bytes and their own CRC is the same for all.
  const head = crc32(event.subarray(0, event.length - CHECKSUM_SIZE));
  return { format: scan.scanner.format, head };
}

/** Gathers what a summary says while a {@link FileScan} goes through the file. */
class SummaryBuilder {
  readonly scan: FileScan;
  readonly points: FilePoint[];
  readonly #before: FileSummary | undefined;
  readonly #mysql: GtidSet;
  readonly #mariadb: MariadbGtidSet;
  readonly #position: MariadbPosition;
  #firstTime: number;
  #minTime: number;
  #maxTime: number;
  #point: FilePoint | undefined;
  #transactionEvents: number;

  constructor(scan: FileScan, mariadb: boolean, before: ScannedFile | undefined) {
    this.scan = scan;
    const summary = this.#before = before?.summary;
    this.points = before ? before.points.slice() : [];
    this.#mysql = GtidSet.parse(mariadb ? "" : summary?.gtids ?? "");
    this.#mariadb = MariadbGtidSet.parse(mariadb ? summary?.gtids ?? "" : "");
    this.#position = MariadbPosition.parse(summary?.position ?? "");
    const some = summary !== undefined && summary.transactions > 0;
    this.#transactionEvents = summary?.transactionEvents ?? 0;
    this.#firstTime = some ? summary.firstTime : 0;
    this.#minTime = some ? summary.minTime : Infinity;
    this.#maxTime = some ? summary.maxTime : 0;
  }

  /** Takes note of the transaction that the scan has just ended. */
  ended(): void {
    const { scan } = this;
    const time = scan.transactionTime;
    this.#transactionEvents = (this.#before?.transactionEvents ?? 0) + scan.events;
    if (this.#firstTime === 0) this.#firstTime = time;
    if (time < this.#minTime) this.#minTime = time;
    if (time > this.#maxTime) this.#maxTime = time;
    const point = this.#point ??= {
      position: scan.transactionStart,
      minTime: time,
      maxTime: time,
      gtids: "",
    };
    if (time < point.minTime) point.minTime = time;
    if (time > point.maxTime) point.maxTime = time;
    if (scan.transactionEnd - point.position >= POINT_SPACING) this.#endPoint();
  }

  #endPoint(): void {
    const { scan } = this;
    const { gtids } = scan;
    const text = gtids.toString();
    this.#mysql.union(gtids.mysql);
    this.#mariadb.union(gtids.mariadb);
    for (const gtid of gtids.position) this.#position.add(gtid);
    scan.gtids = new GtidCollector();
    if (!this.#point) return;
    this.#point.gtids = text;
    this.points.push(this.#point);
    this.#point = undefined;
  }

  /** The summary of what was scanned. */
  finish(info: { file: string; size: number; mtime: number }, head: {
    format: FormatDescriptionEvent;
    head: number;
  }): FileSummary {
    const { scan } = this;
    if (scan.open && scan.hasGtid) scan.gtids.withdraw();
    this.#endPoint();
    const before = this.#before;
    const mariadb = isMariadbVersion(head.format.serverVersion);
    const created = (scan.created || 0) * MICROSECONDS;
    const firstTime = this.#firstTime || before?.firstTime || created;
    const transactions = (before?.transactions ?? 0) + scan.transactions;
    const previous = before?.previousGtids ?? scan.previousMysql?.toString() ??
      scan.previousMariadb?.map(formatMariadbGtid).join(",");
    const position = new MariadbPosition();
    for (const gtid of scan.previousMariadb ?? []) position.add(gtid);
    for (const gtid of this.#position) position.add(gtid);
    return {
      ...info,
      head: head.head,
      end: scan.scanner.torn?.position ?? scan.scanner.endPosition,
      transactionEnd: scan.transactionEnd > 0 ? scan.transactionEnd : before?.transactionEnd ?? 0,
      transactionEvents: this.#transactionEvents,
      flavour: mariadb ? "mariadb" : "mysql",
      serverVersion: head.format.serverVersion,
      checksum: head.format.checksumAlgorithm === 1,
      serverId: before?.serverId ?? scan.serverId,
      events: (before?.transactionEvents ?? 0) + scan.events,
      transactions,
      firstTime,
      lastTime: scan.transactionTime || before?.lastTime || firstTime,
      minTime: transactions > 0 ? this.#minTime : firstTime,
      maxTime: transactions > 0 ? this.#maxTime : firstTime,
      gtids: mariadb ? this.#mariadb.toString() : this.#mysql.toString(),
      ...(previous === undefined ? {} : { previousGtids: previous }),
      ...(mariadb ? { position: position.toString() } : {}),
      closing: scan.closing,
      ...(scan.nextFile === undefined ? {} : { nextFile: scan.nextFile }),
    };
  }
}

/**
 * Reads a file and says what is in it. Checksums are not computed; that is for verify. Goes on where
 * `before` ended when the file only grew since.
 *
 * @throws {FormatError} where not even the head can be read; later damage is part of the summary.
 */
export async function summariseFile(
  path: string,
  file: string,
  options: SummariseOptions = {},
): Promise<ScannedFile> {
  using handle = Deno.openSync(path, { read: true });
  const stat = handle.statSync();
  const info = { file, size: stat.size, mtime: stat.mtime?.getTime() ?? 0 };
  const head = readHead(handle, file);
  const before = canGoOn(options.before, head.head, stat.size);
  const startPosition = before?.summary.transactionEnd ?? 0;
  handle.seekSync(startPosition, Deno.SeekMode.Start);
  const scan = new FileScan(handle, {
    file,
    startPosition,
    ...(before ? { format: head.format } : {}),
  });
  const builder = new SummaryBuilder(scan, isMariadbVersion(head.format.serverVersion), before);
  let damage: FileSummary["damage"];
  try {
    const { step = STEP, pauseMs } = options;
    const turns = new Turns();
    let pauseAt = startPosition + step;
    while (scan.step()) {
      if (scan.ended) builder.ended();
      const { endPosition } = scan.scanner;
      if (endPosition < pauseAt) continue;
      pauseAt = endPosition + step;
      options.onProgress?.(endPosition);
      if (pauseMs === undefined) await turns.give();
      else await new Promise((resolve) => setTimeout(resolve, pauseMs));
      options.signal?.throwIfAborted();
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    if (!scan.scanner.torn) {
      damage = {
        position: error.details.position ?? scan.scanner.position,
        message: error.message,
        ...(error instanceof EncryptedError ? { encrypted: true } : {}),
      };
    }
  }
  const summary = builder.finish(info, head);
  if (damage) summary.damage = damage;
  return { summary, points: builder.points };
}

/** What was known of a shorter file, where one can go on from it. */
function canGoOn(
  before: ScannedFile | undefined,
  head: number,
  size: number,
): ScannedFile | undefined {
  if (!before) return undefined;
  const { summary } = before;
  const same = summary.head === head && summary.size <= size && !summary.damage &&
    summary.closing === "open" && summary.transactionEnd > BINLOG_MAGIC.length;
  return same ? before : undefined;
}
