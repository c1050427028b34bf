import { ByteReader } from "../bytes/byte_reader.ts";
import { decodeGtidSet } from "../gtid/gtid_set_codec.ts";
import type { GtidSet } from "../gtid/gtid_set.ts";
import { type MariadbGtid, MariadbPosition } from "../gtid/mariadb_position.ts";
import { formatUuid } from "../gtid/uuid.ts";
import { EVENT_HEADER_SIZE, HEADER_OFFSET } from "./event_header.ts";
import { EVENT_TYPE } from "./event_type.ts";

/** A MySQL GTID. */
export interface MysqlGtid {
  uuid: string;
  tag: string;
  gno: bigint;
}

/** Field ids of GTID_TAGGED_LOG_EVENT (mysql/binlog/event/control_events.h). */
const FIELD = { FLAGS: 0, UUID: 1, GNO: 2, TAG: 3 } as const;

/**
 * Unsigned variable-length integer of mysql::serialization: the count of trailing 1-bits of byte 0,
 * plus 1, is the size; the other bits are the value, little-endian.
 */
export function readVarUint(reader: ByteReader, field: string): bigint {
  const first = reader.u8(field);
  let size = 1;
  while (size <= 8 && first & (1 << (size - 1))) size++;
  if (size === 9) return reader.u64(field);
  let value = BigInt(first);
  const rest = reader.take(size - 1, field);
  for (let i = 0; i < rest.length; i++) value |= BigInt(rest[i]!) << BigInt(8 * (i + 1));
  return value >> BigInt(size);
}

/** Signed form: the sign is in bit 0. */
export function readVarInt(reader: ByteReader, field: string): bigint {
  const raw = readVarUint(reader, field);
  return raw & 1n ? -(raw >> 1n) - 1n : raw >> 1n;
}

/** GTID of a GTID_TAGGED_LOG_EVENT body: version, size, last field, then fields by id. */
export function decodeTaggedGtid(body: Uint8Array): MysqlGtid {
  const reader = new ByteReader(body);
  readVarUint(reader, "serialization version");
  readVarUint(reader, "message size");
  readVarUint(reader, "last field id");
  const gtid: MysqlGtid = { uuid: "", tag: "", gno: 0n };
  while (reader.remaining > 0) {
    const id = Number(readVarUint(reader, "field id"));
    if (id === FIELD.FLAGS) readVarUint(reader, "flags");
    else if (id === FIELD.UUID) {
      gtid.uuid = formatUuid(
        Uint8Array.from({ length: 16 }, () => Number(readVarUint(reader, "uuid"))),
      );
    } else if (id === FIELD.GNO) gtid.gno = readVarInt(reader, "gno");
    else if (id === FIELD.TAG) {
      gtid.tag = reader.text(Number(readVarUint(reader, "tag size")), "tag");
      break;
    } else break;
  }
  return gtid;
}

/** GTID of a GTID_LOG_EVENT body: u8 flags, 16-byte UUID, i64 gno. */
export function decodeGtid(body: Uint8Array): MysqlGtid {
  const reader = new ByteReader(body);
  reader.skip(1, "flags");
  const uuid = formatUuid(reader.take(16, "uuid"));
  return { uuid, tag: "", gno: reader.i64("gno") };
}

/** GTID of a MariaDB GTID_EVENT: u64 seq_no, u32 domain; server_id is the common header's. */
export function decodeMariadbGtid(event: Uint8Array): MariadbGtid {
  const header = new ByteReader(event, HEADER_OFFSET.serverId);
  const serverId = header.u32("server_id");
  const reader = new ByteReader(event, EVENT_HEADER_SIZE);
  const sequence = reader.u64("seq_no");
  return { domain: reader.u32("domain_id"), serverId, sequence };
}

/** MariaDB GTID_LIST_EVENT body: u32 count and flags, then (u32 domain, u32 server, u64 seq). */
export function decodeGtidList(body: Uint8Array): MariadbGtid[] {
  const reader = new ByteReader(body);
  const count = reader.u32("GTID list count") & 0x0fff_ffff;
  const list: MariadbGtid[] = [];
  for (let i = 0; i < count; i++) {
    const domain = reader.u32("domain_id");
    const serverId = reader.u32("server_id");
    list.push({ domain, serverId, sequence: reader.u64("seq_no") });
  }
  return list;
}

/**
 * The GTIDs of a store of either flavour, fed with events in file order: what came before the
 * first file, and each transaction.
 */
export class GtidTracker {
  mysql: GtidSet | undefined;
  mariadb: MariadbPosition | undefined;

  /** Takes an event, whole, without checksum; types that say nothing of GTIDs are passed over. */
  take(event: Uint8Array): void {
    const body = event.subarray(EVENT_HEADER_SIZE);
    switch (event[HEADER_OFFSET.eventType]) {
      case EVENT_TYPE.PREVIOUS_GTIDS_LOG_EVENT: {
        const set = decodeGtidSet(body);
        this.mysql = this.mysql?.union(set) ?? set;
        break;
      }
      case EVENT_TYPE.GTID_LOG_EVENT:
        this.#add(decodeGtid(body));
        break;
      case EVENT_TYPE.GTID_TAGGED_LOG_EVENT:
        this.#add(decodeTaggedGtid(body));
        break;
      case EVENT_TYPE.GTID_LIST_EVENT:
        this.mariadb ??= new MariadbPosition();
        for (const gtid of decodeGtidList(body)) this.mariadb.add(gtid);
        break;
      case EVENT_TYPE.GTID_EVENT:
        this.mariadb ??= new MariadbPosition();
        this.mariadb.add(decodeMariadbGtid(event));
    }
  }

  #add({ uuid, tag, gno }: MysqlGtid): void {
    this.mysql?.add(uuid, tag, gno);
  }

  /** Text of the set or position; empty where there is none. */
  toString(): string {
    return (this.mysql ?? this.mariadb)?.toString() ?? "";
  }
}
