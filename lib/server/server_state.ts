import type { Logger } from "../log.ts";
import type { AccountList } from "./account_list.ts";
import type { BatchBuffers } from "./batch_buffers.ts";
import type { BinlogCatalog } from "./binlog_catalog.ts";
import type { ConnectionRegistry } from "./connection_registry.ts";
import type { FastHashes } from "./fast_hashes.ts";
import type { RsaKey } from "./rsa_key.ts";
import type { SemiSyncSource } from "./semi_sync_source.ts";
import type { SystemVariables } from "./system_variables.ts";
import type { Upstream } from "./upstream.ts";

/** Describes an event, of which large ones are cut, for SHOW BINLOG EVENTS. */
export type EventInfo = (
  event: Uint8Array,
  options: { checksumSize: number; flavour: "mysql" | "mariadb" },
) => string;

/** What all connections of a server share. */
export interface ServerState {
  readonly log: Logger;
  readonly catalog: BinlogCatalog;
  readonly accounts: AccountList;
  readonly fastHashes: FastHashes;
  readonly rsaKey: RsaKey;
  readonly registry: ConnectionRegistry;
  readonly buffers: BatchBuffers;
  /** How many clients are sending a command longer than a statement may be. */
  readonly longCommands: { reading: number };
  readonly serverId: number;
  readonly serverUuid: string;
  /** UUID of the source that the files came from; undefined where it is not known. */
  sourceUuid(): Promise<string | undefined>;
  /** Asked anew for each connection: the newest file decides. */
  variables(): SystemVariables;
  /** Undefined: semi-sync is not offered. */
  readonly semiSync: SemiSyncSource | undefined;
  /** Where the files come from, when they are still coming. */
  readonly upstream: Upstream | undefined;
  /** How long a request beyond the end is held. */
  readonly waitForUpstreamMs: number;
  /** Info column of SHOW BINLOG EVENTS; empty without it. */
  readonly eventInfo: EventInfo | undefined;
  /** performance.now() of the start. */
  readonly started: number;
  /** Removes files up to, not including, `file`; set where that is possible. */
  readonly purge: ((file: string) => Promise<void>) | undefined;
}
