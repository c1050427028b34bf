import { FormatError, UsageError } from "../errors.ts";
import { parseWantedGtids, type WantedGtids } from "../inspect/find_gtid.ts";

const EXPECTED = "a GTID set, such as uuid:1-5 or 0-1-5..9";

/** Reads the GTIDs that an option names, and which may be none or not. Throws UsageError. */
export function readWantedGtids(option: string, text: string, mayBeNone = true): WantedGtids {
  let wanted: WantedGtids;
  try {
    wanted = parseWantedGtids(text);
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    throw new UsageError(`Cannot read --${option}=${text}`, { expected: EXPECTED, cause });
  }
  if (mayBeNone || !("mysql" in wanted) || !wanted.mysql.isEmpty) return wanted;
  throw new UsageError(`--${option} names no GTID`, { expected: EXPECTED });
}
