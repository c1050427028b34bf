import type { AckRequest } from "../pipeline/batch.ts";
import type { StoreFiles } from "../pipeline/file_sink_options.ts";
import type { StopCondition } from "../pipeline/stop_condition.ts";
import type { SyncPolicy } from "../pipeline/sync_policy.ts";
import type { Logger } from "../log.ts";
import type { Store } from "../store/store.ts";
import type { DumpRequest } from "./dump_request.ts";
import type { DumpStream } from "./dump_stream.ts";
import type { SourceFile } from "./monitor.ts";
import type { SemiSyncMode } from "./semi_sync_setup.ts";
import type { Session } from "./session_setup.ts";
import type { SourceOptions } from "./source_options.ts";

/** Settings of a dump. */
export interface DumpOptions {
  source: SourceOptions;
  store: Store;
  log: Logger;
  /** Go on for ever, instead of ending where the source's binlog ends. */
  follow: boolean;
  /** First file for an empty store; the oldest of the source by default. */
  startFile?: string;
  /** For an empty store: begin with the file that holds the first transaction not in this set. */
  startGtid?: string;
  /** The GTID set that `stop` waits for, as it was given. */
  stopGtid?: string;
  /** Go on behind what the source has purged, remembering the hole. */
  continueAfterGap: boolean;
  /** Behind by more than this, catch up without semi-sync first. */
  semiSyncJoin: number;
  /** Makes the stop condition of a connection from what is asked for on it. */
  stop?: (request: DumpRequest) => StopCondition;
  semiSync: SemiSyncMode;
  sync: SyncPolicy;
  heartbeatMs: number;
  reportHost: string;
  /** Tries in a row that may fail; for ever by default with `follow`. */
  retryLimit: number;
  rateLimit?: number;
  /**
   * Stands between what is durable and the ACK for it, which it sends, or one for an earlier
   * position, when its time has come. Returns at once.
   */
  delayAck?: (ack: AckRequest, send: (ack: AckRequest) => Promise<void>) => void;
  /** Waited for before each request: to a semi-sync source it acknowledges all that the store has. */
  beforeRequest?: (signal: AbortSignal) => Promise<void>;
  /** A file is complete and on disk. */
  onFileClosed?: (file: string) => void;
  /** How files are made and opened; for tests with files that fail. */
  files?: StoreFiles;
  /** Told of the source's files, where the account may see them. */
  onFiles?: (files: SourceFile[]) => void;
  /** Told of the stream that runs now, for progress; undefined between connections. */
  onStream?: (
    stream: DumpStream | undefined,
    session: Session | undefined,
    catchingUp: boolean,
  ) => void;
}

/** How a dump went. */
export interface DumpSummary {
  outcome: "ended" | "stopped" | "closed";
  connections: number;
  events: number;
  receivedBytes: number;
  syncs: number;
  acks: number;
}
