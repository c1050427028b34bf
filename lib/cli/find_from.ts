import { UsageError } from "../errors.ts";
import type { StartPoint } from "../inspect/find_recovery.ts";
import { placeOfStart } from "../inspect/find_start.ts";
import type { IndexedSeries } from "../inspect/list_files.ts";
import type { CommandContext } from "./command.ts";

/**
 * Checks where --from says that the backup stands: the commands of a replay that begins within a
 * transaction, or behind the end of its file, would leave out what nobody would miss at once.
 *
 * @throws {UsageError} that names the nearest places where a backup can stand.
 */
export function checkFrom({ log }: CommandContext, series: IndexedSeries, from: StartPoint): void {
  const { file, position } = from;
  if (!series.files.some((entry) => entry.file === file)) {
    throw new UsageError(`--from names ${file}, which is not there`);
  }
  const { kind, before, after } = placeOfStart(series, from);
  if (kind === "between") return;
  if (kind === "unknown") {
    log.warning("--from can't be checked: the file can't be read as far", { file, position });
    return;
  }
  const near = [before, after].filter((place) => place !== undefined);
  throw new UsageError(
    kind === "beyond"
      ? `--from=${file}:${position} is behind the end of the file`
      : `--from=${file}:${position} is not between two transactions`,
    {
      expected: near.map((place) => `${file}:${place}`).join(" or "),
      hint: "take the position from the backup itself; from a wrong one the replay would lose " +
        "transactions",
    },
  );
}
