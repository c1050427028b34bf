import type { ByteReader } from "../bytes/byte_reader.ts";
import type { Xid } from "./mariadb_gtid_details.ts";

/** XA_PREPARE_LOG_EVENT body: u8 one phase, i32 format id, u32 gtrid and bqual lengths, both. */
export interface XaPrepareEvent {
  onePhase: boolean;
  xid: Xid;
}

/** Reads the body of an XA_PREPARE_LOG_EVENT. */
export function decodeXaPrepareEvent(reader: ByteReader): XaPrepareEvent {
  const onePhase = reader.u8("one_phase") !== 0;
  const formatId = reader.i32("xa_format_id");
  const gtridSize = reader.u32("gtrid_length");
  const bqualSize = reader.u32("bqual_length");
  const gtrid = reader.take(gtridSize, "gtrid");
  return { onePhase, xid: { formatId, gtrid, bqual: reader.take(bqualSize, "bqual") } };
}

function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** An XID as servers write it: `X'7830',X'',1`. */
export function formatXid({ gtrid, bqual, formatId }: Xid): string {
  return `X'${hex(gtrid)}',X'${hex(bqual)}',${formatId}`;
}
