import { FormatError, UsageError } from "../errors.ts";
import { GtidSet } from "../gtid/gtid_set.ts";
import { MariadbPosition } from "../gtid/mariadb_position.ts";
import { isMariadbGtidText } from "../pipeline/stop_at_gtid.ts";

/**
 * Refuses the text of an option that is neither a GTID set of MySQL nor a position of MariaDB.
 * @throws {UsageError}
 */
export function checkGtidText(option: string, text: string): void {
  try {
    if (isMariadbGtidText(text)) MariadbPosition.parse(text);
    else GtidSet.parse(text);
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    throw new UsageError(`Cannot read --${option}: ${cause.message}`, {
      expected: "a GTID set (uuid:1-5) or, of MariaDB, a position (0-1-5)",
      cause,
    });
  }
}
