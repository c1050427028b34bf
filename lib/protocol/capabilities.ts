/**
 * Capability flags of the handshake, in MySQL's spelling (include/mysql_com.h). Only those that
 * binlogd asks for, offers, or has to understand in a peer.
 */
export const CAPABILITY = {
  CLIENT_LONG_PASSWORD: 0x1,
  CLIENT_FOUND_ROWS: 0x2,
  CLIENT_LONG_FLAG: 0x4,
  CLIENT_CONNECT_WITH_DB: 0x8,
  CLIENT_NO_SCHEMA: 0x10,
  CLIENT_COMPRESS: 0x20,
  CLIENT_ODBC: 0x40,
  CLIENT_LOCAL_FILES: 0x80,
  CLIENT_IGNORE_SPACE: 0x100,
  CLIENT_PROTOCOL_41: 0x200,
  CLIENT_INTERACTIVE: 0x400,
  CLIENT_SSL: 0x800,
  CLIENT_IGNORE_SIGPIPE: 0x1000,
  CLIENT_TRANSACTIONS: 0x2000,
  CLIENT_RESERVED: 0x4000,
  CLIENT_SECURE_CONNECTION: 0x8000,
  CLIENT_MULTI_STATEMENTS: 0x1_0000,
  CLIENT_MULTI_RESULTS: 0x2_0000,
  CLIENT_PS_MULTI_RESULTS: 0x4_0000,
  CLIENT_PLUGIN_AUTH: 0x8_0000,
  CLIENT_CONNECT_ATTRS: 0x10_0000,
  CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA: 0x20_0000,
  CLIENT_CAN_HANDLE_EXPIRED_PASSWORDS: 0x40_0000,
  CLIENT_SESSION_TRACK: 0x80_0000,
  CLIENT_DEPRECATE_EOF: 0x100_0000,
  CLIENT_OPTIONAL_RESULTSET_METADATA: 0x200_0000,
  CLIENT_ZSTD_COMPRESSION_ALGORITHM: 0x400_0000,
  CLIENT_QUERY_ATTRIBUTES: 0x800_0000,
  MULTI_FACTOR_AUTHENTICATION: 0x1000_0000,
} as const;

const C = CAPABILITY;

/** What a dumper asks for: nothing that would change the shape of packets we read. */
export const CLIENT_CAPABILITIES: number = C.CLIENT_LONG_PASSWORD | C.CLIENT_LONG_FLAG |
  C.CLIENT_PROTOCOL_41 | C.CLIENT_TRANSACTIONS | C.CLIENT_SECURE_CONNECTION |
  C.CLIENT_PLUGIN_AUTH | C.CLIENT_CONNECT_ATTRS | C.CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA;

/**
 * What our server offers. No QUERY_ATTRIBUTES (queries would carry a parameter block), no
 * compression, no session tracking; CLIENT_LONG_PASSWORD stays set so that MariaDB clients do not
 * read extended capabilities from the reserved bytes.
 */
export const SERVER_CAPABILITIES: number = CLIENT_CAPABILITIES | C.CLIENT_CONNECT_WITH_DB;

/** Names of the flags set in `flags`, for printing. */
export function capabilityNames(flags: number): string[] {
  return Object.entries(CAPABILITY).filter(([, bit]) => flags & bit).map(([name]) => name);
}
