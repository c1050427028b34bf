import type { ByteReader } from "../bytes/byte_reader.ts";

/**
 * TRANSACTION_CONTEXT_EVENT body: u8 length of the server's UUID, u32 thread id, u8 whether the GTID is
 * given, u32 length of the snapshot version, u32 write set items, u32 read set items; then UUID,
 * snapshot version (a GTID set), and the items, each u16 length and hash. Group replication's own.
 */
export interface TransactionContextEvent {
  serverUuid: string;
  threadId: number;
  gtidSpecified: boolean;
  writeSetItems: number;
  readSetItems: number;
}

/** Reads the body of a TRANSACTION_CONTEXT_EVENT. */
export function decodeTransactionContextEvent(reader: ByteReader): TransactionContextEvent {
  const uuidSize = reader.u8("server_uuid_length");
  const threadId = reader.u32("thread_id");
  const gtidSpecified = reader.u8("gtid_specified") !== 0;
  const versionSize = reader.u32("snapshot_version_length");
  const writeSetItems = reader.u32("write_set_items");
  const readSetItems = reader.u32("read_set_items");
  const serverUuid = reader.text(uuidSize, "server_uuid");
  reader.skip(versionSize, "snapshot_version");
  reader.skip(reader.remaining, "write_and_read_sets");
  return { serverUuid, threadId, gtidSpecified, writeSetItems, readSetItems };
}

/** VIEW_CHANGE_EVENT body: 40 bytes view id, NUL padded, u64 sequence number, u32 entries. */
export interface ViewChangeEvent {
  viewId: string;
  sequenceNumber: bigint;
  certificationEntries: number;
}

const VIEW_ID_SIZE = 40;

/** Reads the body of a VIEW_CHANGE_EVENT; its certification data is passed over. */
export function decodeViewChangeEvent(reader: ByteReader): ViewChangeEvent {
  const viewId = reader.text(VIEW_ID_SIZE, "view_id").replace(/\0.*$/s, "");
  const sequenceNumber = reader.u64("sequence_number");
  const certificationEntries = reader.u32("certification_entries");
  reader.skip(reader.remaining, "certification_data");
  return { viewId, sequenceNumber, certificationEntries };
}
