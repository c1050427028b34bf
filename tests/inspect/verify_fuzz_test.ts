import { assert } from "@std/assert";
import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import { ByteWriter } from "../../lib/bytes/byte_writer.ts";
import { GtidSet } from "../../lib/gtid/gtid_set.ts";
import { encodeGtidSet } from "../../lib/gtid/gtid_set_codec.ts";
import { MariadbGtidSet } from "../../lib/gtid/mariadb_gtid_set.ts";
import { TableMatcher } from "../../lib/inspect/find_table.ts";
import { FormatError } from "../../lib/errors.ts";
import { FileScan } from "../../lib/store/file_summary_scan.ts";
import { FileBuilder } from "../_events.ts";
import { NEWEST, readerOf, verifyBytes } from "./_verify.ts";

const FILES = Number(Deno.env.get("BINLOGD_FUZZ_FILES") ?? 3000);
const SEED = Number(Deno.env.get("BINLOGD_FUZZ_SEED") ?? 1);

/** Numbers that look random and are the same for the same seed (mulberry32). */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** Files of both flavours without checksums, so that damage gets past the scanner. */
function samples(): Uint8Array<ArrayBuffer>[] {
  const mysql = new FileBuilder("b.000001", false).format();
  const set = GtidSet.parse("3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:7:tag:1-3");
  mysql.add(EVENT_TYPE.PREVIOUS_GTIDS_LOG_EVENT, encodeGtidSet(set)).transaction(1).transaction(2);
  const tagged =
    "0270000002027c22e9038ee22903228503790266210314a502845502c4041c0606666f6f08080a0c0c" +
    "7f00401e18240a0610b1041283d009";
  const body = Uint8Array.from(tagged.match(/../g)!, (hex) => parseInt(hex, 16));
  mysql.add(EVENT_TYPE.GTID_TAGGED_LOG_EVENT, body).query("DROP TABLE `d`.`t`");
  mysql.gtid(4).query("CREATE TABLE x (a int)").rotate("b.000002");
  const mariadb = new FileBuilder("b.000001", false).format("10.11.19-MariaDB");
  const list = new ByteWriter().u32(1).u32(0).u32(1).u64(9).done().slice();
  mariadb.add(EVENT_TYPE.GTID_LIST_EVENT, list);
  for (const sequence of [10, 11]) {
    const gtid = new ByteWriter().u64(sequence).u32(0).u8(0).zeros(6).done().slice();
    mariadb.add(EVENT_TYPE.GTID_EVENT, gtid).add(EVENT_TYPE.XID_EVENT, new Uint8Array(8));
  }
  mariadb.query("INSERT INTO t VALUES (1)").rotate("b.000002");
  return [mysql.bytes(), mariadb.bytes()];
}

/** A file with some bytes changed, taken out, put in, or its end cut off. */
function mutate(bytes: Uint8Array, below: (n: number) => number): Uint8Array<ArrayBuffer> {
  let result = bytes.slice();
  for (let n = 1 + below(4); n > 0; n--) {
    const at = 4 + below(result.length - 4);
    switch (below(5)) {
      case 0:
      case 1:
        result[at] = below(256);
        break;
      case 2:
        result.fill(below(2) * 255, at, at + 1 + below(8));
        break;
      case 3:
        result = result.slice(0, Math.max(20, at));
        break;
      default: {
        const size = below(20);
        result = Uint8Array.of(...result.subarray(0, at), ...result.subarray(at + size));
        if (result.length < 20) return result;
      }
    }
  }
  return result;
}

Deno.test("verify, list and find take mutated files without a crash", () => {
  const files = samples();
  for (let i = 0; i < FILES; i++) {
    const bytes = mutate(files[i % files.length]!, random(SEED * 1_000_003 + i));
    const at = `BINLOGD_FUZZ_SEED=${SEED}, file ${i}`;
    try {
      const { report, scan } = verifyBytes(bytes, NEWEST);
      assert(report.verified <= bytes.length, at);
      // What goes into an index must be readable again.
      GtidSet.parse(scan.gtids.mysql.toString());
      MariadbGtidSet.parse(scan.gtids.mariadb.toString());
    } catch (error) {
      throw new Error(at, { cause: error });
    }
    const matcher = new TableMatcher({ database: "d", table: "t" });
    try {
      const scan = new FileScan(readerOf(bytes), { file: "b" });
      while (scan.step()) matcher.take(scan);
    } catch (error) {
      if (!(error instanceof FormatError)) throw new Error(at, { cause: error });
    }
  }
});
