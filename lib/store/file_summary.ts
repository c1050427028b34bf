import type { Flavour } from "./identity.ts";

/** How a binlog file ends: with a ROTATE_EVENT, with a STOP_EVENT, or with neither (yet). */
export type FileClosing = "rotate" | "stop" | "open";

/**
 * What is to be known of one binlog file without reading it again. All of it can be had from the
 * file; sizes are in bytes, times in microseconds since 1970.
 */
export interface FileSummary {
  file: string;
  /** Bytes that were scanned: the file's size, but for what is torn at its end. */
  size: number;
  /** Modification time of the file when it was scanned, in milliseconds; with `size` it tells whether
   * the file is still the same. */
  mtime: number;
  flavour: Flavour;
  serverVersion: string;
  checksum: boolean;
  /** server_id of the server that wrote the file. */
  serverId: number;
  events: number;
  transactions: number;
  /** Commit time of the first and the last transaction in file order; without one, the time of the
   * first event. */
  firstTime: number;
  lastTime: number;
  /** Earliest and latest commit time; equal to the above where time never goes back. */
  minTime: number;
  maxTime: number;
  /** GTIDs of the file's own transactions: a set of MySQL's or runs of MariaDB's. */
  gtids: string;
  /** GTIDs before this file, as its head says: a set, or MariaDB's list. Undefined: not said. */
  previousGtids?: string;
  closing: FileClosing;
  /** File that the ROTATE_EVENT names. */
  nextFile?: string;
  /** Where the points of the file lie in the index: offset and size in bytes. */
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
