import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import { ByteWriter } from "../../lib/bytes/byte_writer.ts";
import { encodeGtidSet } from "../../lib/gtid/gtid_set_codec.ts";
import { GtidSet } from "../../lib/gtid/gtid_set.ts";
import { FileBuilder } from "../_events.ts";

/** What the head of a file says, and the file that its ROTATE_EVENT names. */
export interface FileMaking {
  time: number;
  previous?: string;
  /** MariaDB: last sequence number of domain 0, server 1. */
  sequence?: number;
  next?: string;
  checksum?: boolean;
}

/** Writes a small file that was begun at a time, with what was done before. */
export async function writeAged(dir: string, name: string, making: FileMaking): Promise<void> {
  const file = new FileBuilder(name, making.checksum ?? true);
  file.timestamp = making.time;
  file.format(making.sequence === undefined ? "9.7.4" : "11.8.2-MariaDB-log");
  if (making.previous !== undefined) {
    file.add(EVENT_TYPE.PREVIOUS_GTIDS_LOG_EVENT, encodeGtidSet(GtidSet.parse(making.previous)));
  }
  if (making.sequence !== undefined) {
    const list = new ByteWriter().u32(1).u32(0).u32(1).u64(making.sequence);
    file.add(EVENT_TYPE.GTID_LIST_EVENT, list.done().slice());
  }
  file.timestamp += 1000;
  file.query("DELETE FROM t");
  if (making.next) file.rotate(making.next);
  await Deno.writeFile(`${dir}/${name}`, file.bytes());
}
