import type { TailPosition } from "../store/store_tail.ts";
import type { AckRequest } from "./batch.ts";
import type { StoreFile } from "./store_file.ts";
import type { SyncPolicy } from "./sync_policy.ts";

/** How far the file being written has come; where the next request has to begin. */
export interface ResumePoint {
  file: string;
  /** End of the last whole event; what lies beyond is cut off. */
  eventEnd: number;
  /** End of the last whole transaction, and of the one before it. */
  transactionEnd: number;
  previousTransactionEnd: number;
  /** Whether the file ends with the source's ROTATE_EVENT, and to which file it goes. */
  nextFile?: string;
}

/** The store as the sink needs it. */
export interface SinkStore {
  readonly dir: string;
  /** Names in the order of the index. */
  has(file: string): boolean;
  /** Adds a new file at the end of the index, durably, its directory entry included. */
  append(file: string): Promise<void>;
  /** The format description of the file being resumed came again: is it the same source's? */
  checkFormat(file: string, body: Uint8Array): void;
}

/** How files are made and opened: {@link StoreFile} itself, or in tests one that fails. */
export interface StoreFiles {
  create(dir: string, name: string): StoreFile;
  resume(dir: string, name: string, size: number, position: number): StoreFile;
}

/** Settings of {@link FileSink}. */
export interface FileSinkOptions {
  store: SinkStore;
  /** The last file of the store, to go on in; undefined for an empty store. */
  resume: ResumePoint | undefined;
  sync?: SyncPolicy;
  /**
   * A stop condition may cut the file back to the end of its last whole transaction, at the least.
   * Nothing beyond that is promised to be durable before the file or the stream is over.
   */
  mayBeCut?: boolean;
  /**
   * Sends an ACK once its position is durable: SemiSyncAckTap.durable. One that can't be sent is the
   * last, and ends the stream by what broke; it does not keep anything from being synced.
   */
  acknowledge?: (ack: AckRequest) => Promise<void>;
  /** Told of every step, for whoever follows the store. */
  onProgress?: (position: TailPosition) => void;
  /** The source's file ended before the copy in the store: its recovery cut it. */
  onShorter?: (file: string, sourceEnd: number, ourEnd: number) => void;
  /** A file is complete, synced and closed. */
  onFileClosed?: (file: string) => void;
  /** {@link StoreFile} by default. */
  files?: StoreFiles;
}
