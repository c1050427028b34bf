import { FileScan } from "../store/file_summary_scan.ts";
import { Turns } from "../turns.ts";
import { MariadbPosition } from "../gtid/mariadb_position.ts";
import type { BinlogCatalog } from "./binlog_catalog.ts";

/** Events between two looks at the clock. */
const EVENTS_PER_LOOK = 256;

/**
 * MariaDB's BINLOG_GTID_POS: the GTID position before a place in a file; null where there is no such
 * file, or no event begins there.
 */
export async function binlogGtidPos(
  catalog: BinlogCatalog,
  file: string,
  position: number,
): Promise<string | null> {
  if (!catalog.files.includes(file)) return null;
  using handle = Deno.openSync(catalog.path(file), { read: true });
  const scan = new FileScan(handle, { file });
  const turns = new Turns();
  try {
    for (let events = 1; scan.scanner.endPosition < position && scan.step(); events++) {
      if (events % EVENTS_PER_LOOK === 0) await turns.give();
    }
  } catch {
    return null;
  }
  if (position > 4 && scan.scanner.endPosition !== position) return null;
  scan.gtids.flush();
  const result = new MariadbPosition();
  for (const gtid of scan.previousMariadb ?? []) result.add(gtid);
  for (const gtid of scan.gtids.position) result.add(gtid);
  return result.toString();
}
