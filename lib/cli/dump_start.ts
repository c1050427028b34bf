import { DivergenceError } from "../errors.ts";
import { isMariadbGtidText } from "../pipeline/stop_at_gtid.ts";
import { GtidSet } from "../gtid/gtid_set.ts";
import { MariadbPosition } from "../gtid/mariadb_position.ts";
import { isBeyondFile } from "../store/is_beyond_file.ts";
import type { Store } from "../store/store.ts";
import type { GtidTracker } from "../binlog/gtid_event.ts";
import type { OptionValues } from "./command.ts";
import { holdsTime } from "./holds_time.ts";
import { startsInNewest } from "./starts_in_newest.ts";

/**
 * Refuses a start that is not where a store with files goes on anyway.
 * @throws {DivergenceError}
 */
export function checkStart(store: Store, options: OptionValues): void {
  const last = store.last;
  if (!last) return;
  const file = options["start-file"] as string | undefined;
  const gtid = options["start-gtid"] as string | undefined;
  if (file === undefined && gtid === undefined) return;
  if (file === last.file || (gtid !== undefined && startsInNewest(store, gtid))) return;
  throw new DivergenceError(
    `${store.dir} already holds files and goes on at ${last.file}:${last.eventEnd}`,
    {
      file: last.file,
      position: last.eventEnd,
      expected: `--start-file=${last.file}, or no start at all`,
      found: file === undefined ? `--start-gtid=${gtid}` : `--start-file=${file}`,
      hint: "give another folder, or begin a new history here with --new-era",
    },
  );
}

/** Whether what the store holds, in `held` its GTIDs, reaches as far as the stop condition. */
export function reachesStop(
  store: Store,
  options: OptionValues,
  held: GtidTracker | undefined,
): boolean {
  const last = store.last;
  if (!last) return false;
  const time = options["stop-datetime"] as Date | undefined;
  if (time !== undefined) {
    return holdsTime(store.dir, store.files, Math.ceil(time.getTime() / 1000));
  }
  const gtid = options["stop-gtid"] as string | undefined;
  if (gtid !== undefined) {
    return isMariadbGtidText(gtid)
      ? held?.mariadb?.covers(MariadbPosition.parse(gtid)) ?? false
      : held?.mysql !== undefined && GtidSet.parse(gtid).isSubsetOf(held.mysql);
  }
  const file = options["stop-file"] as string | undefined;
  if (file === undefined) return false;
  if (file !== last.file) return isBeyondFile(last.file, file) || store.has(file);
  const position = options["stop-position"] as number | undefined;
  const complete = last.nextFile !== undefined || last.stopped;
  return complete || (position !== undefined && last.eventEnd >= position);
}
