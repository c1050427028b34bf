import type { Flavour } from "./identity.ts";

/** How a binlog file ends: with a ROTATE_EVENT, with a STOP_EVENT, or with neither (yet). */
export type FileClosing = "rotate" | "stop" | "open";

/**
 * What is to be known of one binlog file without reading it again. All of it can be had from the
 * file; sizes are in bytes, times in microseconds since 1970.
 */
export interface FileSummary {
  file: string;
  /**
   * Size and modification time (milliseconds) of the file when it was scanned: whether it is still
   * the same.
   */
  size: number;
  mtime: number;
  /** CRC-32 of the format description, in-use flag left out: whether a longer file is the same. */
  head: number;
  /** End of the last whole event, and of the last whole transaction. */
  end: number;
  transactionEnd: number;
  /** Events up to the latter. */
  transactionEvents: number;
  flavour: Flavour;
  serverVersion: string;
  checksum: boolean;
  /** server_id of the server that wrote the file. */
  serverId: number;
  events: number;
  transactions: number;
  /**
   * Commit time of the first and the last transaction in file order; without one, the time of the
   * first event.
   */
  firstTime: number;
  lastTime: number;
  /** Earliest and latest commit time; equal to the above where time never goes back. */
  minTime: number;
  maxTime: number;
  /** GTIDs of the file's own transactions: a set of MySQL's, or runs of MariaDB's. */
  gtids: string;
  /** GTIDs before the file, as its head says; undefined where it says nothing. */
  previousGtids?: string;
  /** MariaDB: last transaction of each domain at the end of the file. */
  position?: string;
  closing: FileClosing;
  /** File that the ROTATE_EVENT names. */
  nextFile?: string;
  /** What can't be read, damaged or encrypted; all above is of what comes before it. */
  damage?: { position: number; message: string; encrypted?: true };
  /** Where the points of the file lie in the index: offset and size. */
  points?: [offset: number, size: number];
}

/** A stretch of a file, from the start of a transaction on; the next one begins where it ends. */
export interface FilePoint {
  /** Position of the first event of the first transaction. */
  position: number;
  /** Earliest and latest commit time in it, microseconds. */
  minTime: number;
  maxTime: number;
  /** GTIDs of its transactions. */
  gtids: string;
}

/** A summary with the points that belong to it, in file order. */
export interface ScannedFile {
  summary: FileSummary;
  points: FilePoint[];
}
