import { parseBinlogFileName } from "../store/file_name.ts";
import type { StoreHole } from "../store/identity.ts";
import { damageOf } from "./list_damage.ts";
import type { ListedFile } from "./list_files.ts";
import { unheldGtids } from "./list_unheld_gtids.ts";

/**
 * The files before which something is missing, so that no replay may lead into them from the file
 * before: a hole that was accepted, a number left out, a file that can't be read to its end, or one
 * that was cut off and lacks GTIDs of which the next file knows.
 */
export function filesBehindHoles(
  files: readonly ListedFile[],
  holes: readonly StoreHole[] = [],
): Set<string> {
  const summaries = files.flatMap((entry) => "summary" in entry ? [entry.summary] : []);
  const found = new Set<string>();
  for (const [i, here] of files.entries()) {
    const before = files[i - 1];
    if (!before) continue;
    if (
      holes.some(({ nextFile }) => nextFile === here.file) || !isNext(before.file, here.file) ||
      damageOf(before, false) || isUnreadable(here, i === files.length - 1) ||
      wasCutOff(before, here)
    ) found.add(here.file);
  }
  return found;

  /** A source that crashed leaves a file without an end too, but then no GTID is missing. */
  function wasCutOff(before: ListedFile, here: ListedFile): boolean {
    if (!("summary" in before && "summary" in here)) return false;
    if (before.summary.closing !== "open") return false;
    const at = summaries.indexOf(here.summary);
    return unheldGtids(summaries, at - 1, at) !== "";
  }
}

function isNext(before: string, here: string): boolean {
  const [last, next] = [parseBinlogFileName(before), parseBinlogFileName(here)];
  return !last || !next || next.sequence === last.sequence + 1;
}

/** Whether not even the head of a file can be read; the tools stop there. */
function isUnreadable(entry: ListedFile, newest: boolean): boolean {
  return !("summary" in entry) && damageOf(entry, newest) !== undefined;
}
