import type { ByteReader } from "../bytes/byte_reader.ts";

/** flags2 of a MariaDB GTID_EVENT (sql/log_event.h). */
export const MARIADB_GTID_FLAG = {
  FL_STANDALONE: 0x01,
  FL_GROUP_COMMIT_ID: 0x02,
  FL_TRANSACTIONAL: 0x04,
  FL_ALLOW_PARALLEL: 0x08,
  FL_WAITED: 0x10,
  FL_DDL: 0x20,
  FL_PREPARED_XA: 0x40,
  FL_COMPLETED_XA: 0x80,
} as const;

/** flags_extra of a MariaDB GTID_EVENT, 10.8 and later. */
export const MARIADB_GTID_EXTRA_FLAG = {
  FL_EXTRA_MULTI_ENGINE: 0x01,
  FL_START_ALTER: 0x02,
  FL_COMMIT_ALTER: 0x04,
  FL_ROLLBACK_ALTER: 0x08,
  FL_EXTRA_THREAD_ID: 0x10,
} as const;

/** Name of an XA transaction. */
export interface Xid {
  formatId: number;
  gtrid: Uint8Array;
  bqual: Uint8Array;
}

/**
 * MariaDB GTID_EVENT body; the server id of the GTID is the common header's:
 *
 *     0   u64  sequence number
 *     8   u32  domain id
 *     12  u8   flags
 *     13       with FL_GROUP_COMMIT_ID: u64 commit id
 *         with one of the XA flags: u32 format id, u8 gtrid length, u8 bqual length, both
 *         zeros up to 19 bytes
 *         10.8 and later: u8 flags; with 1 u8 engines but one; with 4 or 8 u64 seq_no of the start of
 *         the ALTER; with 16 u32 thread id
 */
export interface MariadbGtidDetails {
  sequence: bigint;
  domain: number;
  flags: number;
  commitId?: bigint;
  xid?: Xid;
  flagsExtra?: number;
  extraEngines?: number;
  startAlterSequence?: bigint;
  threadId?: number;
}

/** Reads the body of a MariaDB GTID_EVENT. */
export function decodeMariadbGtidDetails(reader: ByteReader): MariadbGtidDetails {
  const details: MariadbGtidDetails = {
    sequence: reader.u64("seq_no"),
    domain: reader.u32("domain_id"),
    flags: reader.u8("gtid_flags"),
  };
  const { FL_GROUP_COMMIT_ID, FL_PREPARED_XA, FL_COMPLETED_XA } = MARIADB_GTID_FLAG;
  if (details.flags & FL_GROUP_COMMIT_ID) details.commitId = reader.u64("commit_id");
  if (details.flags & (FL_PREPARED_XA | FL_COMPLETED_XA)) {
    const formatId = reader.i32("xa_format_id");
    const gtridSize = reader.u8("gtrid_length");
    const bqualSize = reader.u8("bqual_length");
    details.xid = {
      formatId,
      gtrid: reader.take(gtridSize, "gtrid"),
      bqual: reader.take(bqualSize, "bqual"),
    };
  }
  if (reader.remaining === 0) return details;
  const extra = MARIADB_GTID_EXTRA_FLAG;
  details.flagsExtra = reader.u8("gtid_flags_extra");
  if (details.flagsExtra & extra.FL_EXTRA_MULTI_ENGINE) {
    details.extraEngines = reader.u8("extra_engines");
  }
  if (details.flagsExtra & (extra.FL_COMMIT_ALTER | extra.FL_ROLLBACK_ALTER)) {
    details.startAlterSequence = reader.u64("start_alter_seq_no");
  }
  if (details.flagsExtra & extra.FL_EXTRA_THREAD_ID) details.threadId = reader.u32("thread_id");
  return details;
}
