import { EventScanner } from "../binlog/event_scanner.ts";

/**
 * When a binlog file was begun, as its first event says, in seconds since 1970; undefined where that
 * can't be read.
 *
 * The GTIDs that heads list as done before are no measure of age: a server whose log_bin is changed
 * may begin with none.
 */
export function readBeginTime(path: string): number | undefined {
  try {
    using handle = Deno.openSync(path, { read: true });
    const scanner = new EventScanner(handle, { file: path });
    return scanner.next() ? scanner.timestamp : undefined;
  } catch {
    return undefined;
  }
}
