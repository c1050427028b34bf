import { ByteReader } from "../bytes/byte_reader.ts";
import { ByteWriter } from "../bytes/byte_writer.ts";
import { GtidSet, TAG } from "./gtid_set.ts";
import type { Interval } from "./interval_set.ts";
import { formatUuid, uuidBytes } from "./uuid.ts";

const TAGGED_FORMAT = 1n;

/**
 * Binary form of a GTID set, in COM_BINLOG_DUMP_GTID and as the body of PREVIOUS_GTIDS:
 *
 *     u64  untagged: number of entries; tagged (8.3 and later): (1 << 56) | (entries << 8) | 1
 *     each entry: 16-byte UUID, [tagged: u8 tag size << 1, tag], u64 count, count times (i64 first,
 *     i64 end, exclusive)
 *
 * Ranges of one entry are in order and do not touch.
 */
export function decodeGtidSet(bytes: Uint8Array): GtidSet {
  const reader = new ByteReader(bytes);
  const header = reader.u64("GTID set header");
  const tagged = header >> 56n === TAGGED_FORMAT;
  if (!tagged && header >> 48n !== 0n) {
    throw reader.fail(`Cannot read GTID set: header 0x${header.toString(16)}`, "GTID set header");
  }
  const count = tagged ? (header >> 8n) & 0xffff_ffff_ffffn : header;
  const found = new Map<string, { uuid: string; tag: string; ranges: Interval[] }>();
  for (let i = 0n; i < count; i++) {
    const uuid = formatUuid(reader.take(16, "GTID set UUID"));
    let tag = "";
    if (tagged) {
      // A variable-length integer; bit 0 would begin one of two bytes, which no tag needs.
      const size = reader.u8("GTID set tag size");
      if (size & 1) throw reader.fail("Cannot read GTID set: tag too long", "tag");
      tag = reader.text(size >> 1, "GTID set tag");
      if (tag !== "" && !TAG.test(tag)) {
        throw reader.fail(`Cannot read GTID set: tag ${JSON.stringify(tag)}`, "tag");
      }
    }
    // Nothing says that a source comes only once.
    const key = `${uuid}:${tag}`;
    let entry = found.get(key);
    if (!entry) found.set(key, entry = { uuid, tag, ranges: [] });
    const intervals = reader.u64("GTID set interval count");
    let previous = 0n;
    for (let j = 0n; j < intervals; j++) {
      const start = reader.i64("GTID set interval start");
      const end = reader.i64("GTID set interval end");
      if (start <= previous || start < 1n || end <= start) {
        throw reader.fail(`Cannot read GTID set: interval ${start} to ${end}`, "interval");
      }
      entry.ranges.push({ start, end });
      previous = end;
    }
  }
  reader.end("GTID set");
  const set = new GtidSet();
  for (const { uuid, tag, ranges } of found.values()) set.addIntervals(uuid, tag, ranges);
  return set;
}

/** Writes the binary form; the tagged one only where there are tags. */
export function encodeGtidSet(set: GtidSet): Uint8Array<ArrayBuffer> {
  const tagged = set.isTagged;
  const entries = [...set.entries()];
  const count = BigInt(entries.length);
  const writer = new ByteWriter(256).u64(tagged ? (1n << 56n) | (count << 8n) | 1n : count);
  for (const { uuid, tag, ranges } of entries) {
    writer.bytes(uuidBytes(uuid));
    if (tagged) writer.u8(tag.length << 1).text(tag);
    writer.u64(ranges.ranges.length);
    for (const { start, end } of ranges.ranges) writer.i64(start).i64(end);
  }
  return writer.done();
}
