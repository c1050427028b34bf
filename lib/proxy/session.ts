import { CAPABILITY } from "../protocol/capabilities.ts";

/** What the two ends of a connection have told each other so far. */
export interface Session {
  serverVersion: string;
  mariadb: boolean;
  serverCapabilities: number;
  clientCapabilities: number;
  /** MariaDB's capabilities of bits 32 and up, as both ends have them. */
  extendedServer: number;
  extendedClient: number;
  /** Authentication plugin in use. */
  plugin: string;
  /** Status flags of the last OK or EOF packet. */
  status: number;
}

/** Bit of the status flags: a backslash in a string is a character like others. */
export const STATUS_NO_BACKSLASH_ESCAPES = 0x200;

/**
 * MariaDB's capabilities, bits 32 and up of the whole (include/mysql_com.h). They follow the
 * greeting's and login's reserved bytes where CLIENT_LONG_PASSWORD is not set.
 */
export const MARIADB_CAPABILITY = {
  MARIADB_CLIENT_PROGRESS: 0x1,
  MARIADB_CLIENT_COM_MULTI: 0x2,
  MARIADB_CLIENT_STMT_BULK_OPERATIONS: 0x4,
  MARIADB_CLIENT_EXTENDED_METADATA: 0x8,
  MARIADB_CLIENT_CACHE_METADATA: 0x10,
  MARIADB_CLIENT_BULK_UNIT_RESULTS: 0x20,
} as const;

/** A session of which nothing is known yet. */
export function newSession(): Session {
  return {
    serverVersion: "",
    mariadb: false,
    serverCapabilities: 0,
    clientCapabilities: 0,
    extendedServer: 0,
    extendedClient: 0,
    plugin: "",
    status: 0,
  };
}

/** Whether both ends have a capability. */
export function agreed(session: Session, flag: keyof typeof CAPABILITY): boolean {
  return (session.serverCapabilities & session.clientCapabilities & CAPABILITY[flag]) !== 0;
}
